//! Tasks that wait for each other.

/// Groups of tasks that wait for each other, each sorted; `waits_for` has, for each task by number, the tasks it waits for.
/// A task on a path between two cycles counts to them. Takes time in proportion to the arrows.
pub(super) fn cycles(waits_for: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let waited_for_by = reversed(waits_for);
    let mut left = vec![true; waits_for.len()];
    // What waits for nothing that is left is in no cycle, nor is what nothing that is left waits for.
    trim(&mut left, waits_for, &waited_for_by);
    trim(&mut left, &waited_for_by, waits_for);
    connected(left, waits_for, &waited_for_by)
}

fn reversed(arrows: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut reversed = vec![Vec::new(); arrows.len()];
    for (from, targets) in arrows.iter().enumerate() {
        for target in targets {
            reversed[*target as usize].push(from as u32);
        }
    }
    reversed
}

/// Takes away, again and again, what points at nothing that is left.
fn trim(left: &mut [bool], arrows: &[Vec<u32>], reversed: &[Vec<u32>]) {
    let open = |targets: &Vec<u32>| targets.iter().filter(|target| left[**target as usize]).count();
    let mut open: Vec<_> = arrows.iter().map(open).collect();
    let mut free: Vec<_> = (0..arrows.len()).filter(|task| left[*task] && open[*task] == 0).collect();
    while let Some(task) = free.pop() {
        left[task] = false;
        for from in reversed[task].iter().map(|from| *from as usize).filter(|from| left[*from]) {
            open[from] -= 1;
            if open[from] == 0 {
                free.push(from);
            }
        }
    }
}

fn connected(mut left: Vec<bool>, forward: &[Vec<u32>], backward: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut groups = Vec::new();
    for start in 0..left.len() {
        let (mut group, mut next) = (Vec::new(), vec![start as u32]);
        while let Some(task) = next.pop() {
            if !std::mem::take(&mut left[task as usize]) {
                continue;
            }
            group.push(task);
            next.extend(forward[task as usize].iter().chain(&backward[task as usize]));
        }
        if !group.is_empty() {
            group.sort_unstable();
            groups.push(group);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(arrows: &[(&'static str, &[&'static str])]) -> Vec<Vec<&'static str>> {
        let number = |name: &&str| arrows.iter().position(|(known, _)| known == name).unwrap() as u32;
        let waits_for: Vec<_> =
            arrows.iter().map(|(_, others)| others.iter().map(number).collect::<Vec<_>>()).collect();
        let name = |number: u32| arrows[number as usize].0;
        cycles(&waits_for).into_iter().map(|group| group.into_iter().map(name).collect()).collect()
    }

    #[test]
    fn only_tasks_that_wait_for_each_other_are_named() {
        let chain: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["c"]), ("c", &[])];
        assert!(found(chain).is_empty());
        let tangle: &[(&str, &[&str])] = &[
            ("a", &["b", "b"]),
            ("b", &["c"]),
            ("c", &["a"]),
            ("behind", &["a"]),
            ("before", &[]),
            ("d", &["before", "d"]),
            ("x", &["y"]),
            ("y", &["x", "before"]),
        ];
        assert_eq!(found(tangle), [vec!["a", "b", "c"], vec!["d"], vec!["x", "y"]]);
    }
}
