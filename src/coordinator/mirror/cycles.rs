//! Tasks that wait for each other.

use std::collections::{BTreeMap, BTreeSet};

/// Groups of tasks that wait for each other, each sorted, given for each open task the open tasks it waits for. A task on
/// a path between two cycles counts to them.
pub(super) fn cycles<'a>(waits_for: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut left = waits_for.clone();
    // What waits for nothing that is left is in no cycle, nor is what nothing that is left waits for.
    trim(&mut left);
    let mut reversed: BTreeMap<&str, Vec<&str>> = left.keys().map(|task| (*task, Vec::new())).collect();
    for (task, others) in &left {
        for other in others {
            reversed.entry(other).or_default().push(task);
        }
    }
    trim(&mut reversed);
    left.retain(|task, _| reversed.contains_key(task));
    connected(&left, &reversed)
}

/// Removes, again and again, what points at nothing that is left; cuts the arrows to what is gone.
fn trim<'a>(arrows: &mut BTreeMap<&'a str, Vec<&'a str>>) {
    let mut into: BTreeMap<&'a str, Vec<&'a str>> = BTreeMap::new();
    for (from, targets) in arrows.iter_mut() {
        for target in targets.iter() {
            into.entry(target).or_default().push(from);
        }
    }
    let known: BTreeSet<_> = arrows.keys().copied().collect();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for (from, targets) in arrows.iter_mut() {
        targets.retain(|target| known.contains(target));
        open.insert(from, targets.len());
    }
    let mut free: Vec<_> = open.iter().filter(|(_, count)| **count == 0).map(|(task, _)| *task).collect();
    while let Some(task) = free.pop() {
        arrows.remove(task);
        for from in into.get(task).into_iter().flatten() {
            let Some(count) = open.get_mut(from).filter(|count| **count > 0) else { continue };
            *count -= 1;
            if *count == 0 {
                free.push(from);
            }
        }
    }
    let left: BTreeSet<_> = arrows.keys().copied().collect();
    for targets in arrows.values_mut() {
        targets.retain(|target| left.contains(target));
    }
}

fn connected<'a>(
    forward: &BTreeMap<&'a str, Vec<&'a str>>,
    backward: &BTreeMap<&'a str, Vec<&'a str>>,
) -> Vec<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut groups = Vec::new();
    for start in forward.keys() {
        let (mut group, mut next) = (Vec::new(), vec![*start]);
        while let Some(task) = next.pop() {
            if !forward.contains_key(task) || !seen.insert(task) {
                continue;
            }
            group.push(task);
            next.extend(forward.get(task).into_iter().flatten());
            next.extend(backward.get(task).into_iter().flatten());
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
        cycles(&arrows.iter().map(|(task, others)| (*task, others.to_vec())).collect())
    }

    #[test]
    fn only_tasks_that_wait_for_each_other_are_named() {
        let chain: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["c"]), ("c", &[])];
        assert!(found(chain).is_empty());
        let tangle: &[(&str, &[&str])] = &[
            ("a", &["b"]),
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
