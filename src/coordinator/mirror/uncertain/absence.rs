//! How long a store on another machine cannot be used: for a minute the picture of before is answered with, then nobody may
//! take it for what is so.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{coordinator::CoordinatorError, stores::StoreError};

/// For as long a picture is good that cannot be compared with the store.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// Since when the store cannot be used, and why.
#[derive(Default)]
pub struct StoreAbsence {
    is_there: AtomicBool,
    since: Mutex<Option<(Instant, StoreError)>>,
}

impl StoreAbsence {
    /// The store could not be used just now.
    pub fn begin(&self, error: &StoreError) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = since.as_ref().map_or_else(Instant::now, |(begun, _)| *begun);
        *since = Some((begun, error.clone()));
        self.is_there.store(true, Ordering::Release);
    }

    /// It can be used.
    pub fn end(&self) {
        if self.is_there.swap(false, Ordering::AcqRel) {
            *self.since.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Fails once it was absent for a minute.
    pub(in crate::coordinator) fn is_short(&self) -> Result<(), CoordinatorError> {
        if !self.is_there.load(Ordering::Acquire) {
            return Ok(());
        }
        match &*self.since.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((begun, error)) if begun.elapsed() > GOOD_FOR => Err(error.clone().into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::Absence;

    #[test]
    fn a_picture_is_good_for_a_minute_without_its_store() {
        let absence = StoreAbsence::default();
        let away = StoreError::away(Absence::Unreachable, std::fmt::Error);
        assert!(absence.is_short().is_ok());
        absence.begin(&away);
        assert!(absence.is_short().is_ok());
        absence.since.lock().unwrap().as_mut().unwrap().0 -= GOOD_FOR + Duration::from_secs(1);
        absence.begin(&away);
        let error = absence.is_short().unwrap_err();
        assert_eq!(error.code().as_str(), "store_unavailable", "it is counted from its beginning");
        absence.end();
        assert!(absence.is_short().is_ok());
    }
}
