//! The embedding's values that guests hold by number: what stands behind a
//! host's resources.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mailbox::Opaque;

#[derive(Default)]
pub(crate) struct Terms(Mutex<Table>);

#[derive(Default)]
struct Table {
    places: Vec<Option<Opaque>>,
    free: Vec<u32>,
}

impl Terms {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a new one; `None` when four thousand million are held.
    pub(crate) fn insert(&self, term: Opaque) -> Option<u32> {
        let mut table = self.table();
        if let Some(number) = table.free.pop() {
            if let Some(place) = table.places.get_mut(number as usize) {
                *place = Some(term);
            }
            return Some(number);
        }
        let number = u32::try_from(table.places.len()).ok()?;
        table.places.push(Some(term));
        Some(number)
    }

    pub(crate) fn get(&self, number: u32) -> Option<Opaque> {
        self.table().places.get(number as usize)?.clone()
    }

    /// Lets go of all.
    pub(crate) fn clear(&self) {
        // Dropped after the lock is let go: what is dropped may be anything.
        drop(std::mem::take(&mut *self.table()));
    }

    pub(crate) fn remove(&self, number: u32) -> Option<Opaque> {
        let mut table = self.table();
        let term = table.places.get_mut(number as usize)?.take()?;
        table.free.push(number);
        Some(term)
    }
}
