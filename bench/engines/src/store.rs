//! What an engine has to be able to do here.

pub type Failure = Box<dyn std::error::Error>;
pub type Record = (Vec<u8>, Vec<u8>);

/// What is done with each key and value.
pub type Each<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), Failure> + 'a;

pub trait Store {
    /// All or nothing, and durable when it returns.
    fn write(&mut self, records: &[Record]) -> Result<(), Failure>;

    fn read_all(&self, each: &mut Each<'_>) -> Result<(), Failure>;

    /// Has it do what it would otherwise do in its own time.
    fn settle(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), Failure>;
}
