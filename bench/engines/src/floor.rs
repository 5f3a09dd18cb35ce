//! What no engine can be below: bytes written to a file, and the file synced. At its end, where the
//! file system has to note the new length each time, or over what is there already.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use crate::store::{Each, Failure, Record, Store};

const ROOM: usize = 16 * 1024 * 1024;

/// Not to be read again.
struct Floor {
    file: File,
    /// Where to begin anew, if anywhere.
    end: Option<u64>,
}

pub fn append(folder: &Path) -> Result<Box<dyn Store>, Failure> {
    let file = File::options().create(true).append(true).open(folder.join("append"))?;
    Ok(Box::new(Floor { file, end: None }))
}

pub fn overwrite(folder: &Path) -> Result<Box<dyn Store>, Failure> {
    let mut file = File::create(folder.join("overwrite"))?;
    file.write_all(&vec![1; ROOM])?;
    file.sync_all()?;
    file.rewind()?;
    Ok(Box::new(Floor { file, end: Some(ROOM as u64) }))
}

impl Store for Floor {
    fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        let bytes: Vec<u8> = records.iter().flat_map(|(key, value)| [key.as_slice(), value].concat()).collect();
        if self.end.is_some_and(|end| self.file.stream_position().is_ok_and(|at| at + bytes.len() as u64 > end)) {
            self.file.seek(SeekFrom::Start(0))?;
        }
        self.file.write_all(&bytes)?;
        Ok(self.file.sync_data()?)
    }

    fn read_all(&self, _: &mut Each<'_>) -> Result<(), Failure> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}
