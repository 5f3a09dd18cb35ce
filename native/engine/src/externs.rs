//! Memories, globals and tables of a core instance, used from outside.

use wasmtime::{AsContextMut, Extern, Ref, StoreContextMut, Val};

use crate::cell::State;
use crate::error::{Error, Kind};
use crate::instance::Instance;
use crate::lift::{Lifter, Sink};
use crate::lower::{Lowerer, Source};
use crate::module::ExternType;
use crate::program::Program;
use crate::reference::Detached;
use crate::store::{Data, Slot};

impl Instance {
    /// A memory's size in bytes.
    ///
    /// # Errors
    /// As for [`Instance::memory_read`], without the last.
    pub fn memory_len(&self, name: Option<&str>) -> Result<usize, Error> {
        let export = self.memory_name(name)?;
        self.on_memory(export, |memory, store| Ok(memory.data_size(&*store)))
    }

    /// Grows a memory by `pages`; its size before, in pages.
    ///
    /// # Errors
    /// As for [`Instance::memory_len`], and [`Kind::MemoryLimit`].
    pub fn memory_grow(&self, name: Option<&str>, pages: u64) -> Result<u64, Error> {
        let export = self.memory_name(name)?;
        self.on_memory(export, move |memory, store| {
            memory.grow(store, pages).map_err(|_| {
                let message =
                    format!("the memory cannot grow by {pages} pages: its type or limits: [memory: …] forbid it");
                Error::new(Kind::MemoryLimit, message)
            })
        })
    }

    /// `length` bytes from `offset` on, as `take` takes them.
    ///
    /// # Errors
    /// [`Kind::NotFound`] without such a memory, [`Kind::Busy`] in a call that waits for
    /// no host function, [`Kind::Limit`] past the end.
    pub fn memory_read<T: Send + 'static>(
        &self,
        name: Option<&str>,
        offset: u64,
        length: u64,
        take: impl FnOnce(&[u8]) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let export = self.memory_name(name)?;
        self.on_memory(export, move |memory, store| {
            let data = memory.data(&*store);
            let range = range(offset, length, data.len())?;
            Ok(take(data.get(range).unwrap_or_default()))
        })
    }

    /// Writes `bytes` from `offset` on, all or nothing.
    ///
    /// # Errors
    /// As for [`Instance::memory_read`].
    pub fn memory_write(&self, name: Option<&str>, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let export = self.memory_name(name)?;
        if let Some(done) = self.write_idle(&export, offset, bytes) {
            return done;
        }
        // The guest's fiber writes them, and may outlive the caller's.
        let bytes = bytes.to_vec();
        self.on_memory(export, move |memory, store| write(memory, store, offset, &bytes))
    }

    /// Writes where the store is idle: straight from where the bytes are.
    fn write_idle(&self, export: &str, offset: u64, bytes: &[u8]) -> Option<Result<(), Error>> {
        let mut state = self.cell.lock().ok()?;
        let State::Idle(store) = &mut *state else { return None };
        let Some(Slot::Module { instance, .. }) = store.data().slots.get(self.slot) else { return None };
        let instance = *instance;
        let memory = instance.get_memory(&mut *store, export)?;
        Some(write(memory, &mut store.as_context_mut(), offset, bytes))
    }

    /// A global's value.
    ///
    /// # Errors
    /// [`Kind::NotFound`] without such a global, [`Kind::Busy`] in a call.
    pub fn global_get<K: Sink>(&self, name: &str, sink: &K) -> Result<K::Out, Error> {
        let found = self.on_export(name, "global", |found, store| {
            let Extern::Global(global) = found else { return Ok(None) };
            let value = global.get(&mut *store);
            Detached::of(value, store).map(Some).map_err(|error| Error::from_wasmtime(Kind::Internal, &error))
        })?;
        Ok(Lifter::new(sink, &self.cell.shared).core(&found))
    }

    /// Sets a global.
    ///
    /// # Errors
    /// As for [`Instance::global_get`], and [`Kind::Type`] when the value does not fit or the global is constant.
    pub fn global_set<'a, S: Source<'a>>(&self, name: &str, value: S) -> Result<(), Error> {
        let Some(ExternType::Global(ty, mutable)) = self.export_type(name) else { return Err(none(name, "global")) };
        if !mutable {
            return Err(Error::new(Kind::Type, format!("global {name} is constant")));
        }
        let value = Lowerer::new(&self.cell.shared).core_answer(&ty, value)?;
        self.on_export(name, "global", move |found, store| {
            let Extern::Global(global) = found else { return Ok(None) };
            let value = value.attach(&mut *store).and_then(|value| global.set(store, value));
            value.map(Some).map_err(|error| Error::from_wasmtime(Kind::Type, &error))
        })
    }

    /// A table's size in elements.
    ///
    /// # Errors
    /// [`Kind::NotFound`] without such a table, [`Kind::Busy`] in a call.
    pub fn table_len(&self, name: &str) -> Result<u64, Error> {
        self.on_export(name, "table", |found, store| {
            let Extern::Table(table) = found else { return Ok(None) };
            Ok(Some(table.size(&*store)))
        })
    }

    /// The element at `index`.
    ///
    /// # Errors
    /// As for [`Instance::table_len`], and [`Kind::Limit`] past the end.
    pub fn table_get<K: Sink>(&self, name: &str, index: u64, sink: &K) -> Result<K::Out, Error> {
        let found = self.on_export(name, "table", move |found, store| {
            let Extern::Table(table) = found else { return Ok(None) };
            let element = table.get(&mut *store, index).ok_or_else(|| past_end(index))?;
            let value = match element {
                Ref::Func(func) => Val::FuncRef(func),
                Ref::Extern(held) => Val::ExternRef(held),
                Ref::Any(any) => Val::AnyRef(any),
                Ref::Exn(exn) => Val::ExnRef(exn),
            };
            Detached::of(value, store).map(Some).map_err(|error| Error::from_wasmtime(Kind::Internal, &error))
        })?;
        Ok(Lifter::new(sink, &self.cell.shared).core(&found))
    }

    /// Sets the element at `index`.
    ///
    /// # Errors
    /// As for [`Instance::table_get`], and [`Kind::Type`].
    pub fn table_set<'a, S: Source<'a>>(&self, name: &str, index: u64, value: S) -> Result<(), Error> {
        let value = self.element(name, value)?;
        self.on_export(name, "table", move |found, store| {
            let Extern::Table(table) = found else { return Ok(None) };
            if index >= table.size(&*store) {
                return Err(past_end(index));
            }
            let element = reference(&value, store)?;
            table.set(store, index, element).map(Some).map_err(|error| Error::from_wasmtime(Kind::Type, &error))
        })
    }

    /// Grows a table by `delta` elements that are `value`; its size before.
    ///
    /// # Errors
    /// As for [`Instance::table_set`], and [`Kind::Limit`].
    pub fn table_grow<'a, S: Source<'a>>(&self, name: &str, delta: u64, value: S) -> Result<u64, Error> {
        let value = self.element(name, value)?;
        self.on_export(name, "table", move |found, store| {
            let Extern::Table(table) = found else { return Ok(None) };
            let element = reference(&value, store)?;
            table.grow(store, delta, element).map(Some).map_err(|_| {
                let message =
                    format!("the table cannot grow by {delta}: its type or limits: [table_elements: …] forbid it");
                Error::new(Kind::Limit, message)
            })
        })
    }

    fn element<'a, S: Source<'a>>(&self, name: &str, value: S) -> Result<Detached, Error> {
        match self.export_type(name) {
            Some(ExternType::Table(table)) => Lowerer::new(&self.cell.shared).core_answer(&table.element, value),
            _ => Err(none(name, "table")),
        }
    }

    /// The type of an export of a core instance.
    pub fn export_type(&self, name: &str) -> Option<ExternType> {
        let Program::Module(module) = self.program() else { return None };
        module.exports().iter().find(|(export, _)| export == name).map(|(_, ty)| ty.clone())
    }

    /// The memory that is meant: by its name, or the one called "memory", or the only one.
    fn memory_name(&self, name: Option<&str>) -> Result<String, Error> {
        if let Some(name) = name {
            return Ok(name.to_string());
        }
        let Program::Module(module) = self.program() else {
            let message = "a component's memories are its own: exchange values with its functions";
            return Err(Error::new(Kind::NotFound, message));
        };
        let mut memories = module.exports().iter().filter(|(_, ty)| matches!(ty, ExternType::Memory(_)));
        let names: Vec<&str> = memories.by_ref().map(|(name, _)| name.as_str()).collect();
        match names.as_slice() {
            names if names.contains(&"memory") => Ok("memory".into()),
            [only] => Ok((*only).to_string()),
            [] => Err(Error::new(Kind::NotFound, "the instance exports no memory")),
            names => Err(Error::new(Kind::NotFound, format!("which memory? It exports {}", names.join(", ")))),
        }
    }

    fn on_memory<T: Send + 'static>(
        &self,
        name: String,
        work: impl FnOnce(wasmtime::Memory, &mut StoreContextMut<'_, Data>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.on_export(&name, "memory", |found, store| match found {
            Extern::Memory(memory) => work(memory, store).map(Some),
            _ => Ok(None),
        })
    }

    /// Does `work` on the export of this name; `None` from it means that it is no `kind`.
    fn on_export<T: Send + 'static>(
        &self,
        name: &str,
        kind: &'static str,
        work: impl FnOnce(Extern, &mut StoreContextMut<'_, Data>) -> Result<Option<T>, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (slot, export) = (self.slot, name.to_string());
        let done = self.visit(move |store| {
            let Some(Slot::Module { instance, .. }) = store.data().slots.get(slot) else { return Ok(None) };
            let instance = *instance;
            match instance.get_export(store.as_context_mut(), &export) {
                Some(found) => work(found, store),
                None => Ok(None),
            }
        })?;
        done?.ok_or_else(|| none(name, kind))
    }
}

fn reference(value: &Detached, store: &mut StoreContextMut<'_, Data>) -> Result<Ref, Error> {
    let attached = value.attach(store).map_err(|error| Error::from_wasmtime(Kind::Internal, &error))?;
    attached.ref_().ok_or_else(|| Error::new(Kind::Type, "a table holds references alone"))
}

fn write(
    memory: wasmtime::Memory,
    store: &mut StoreContextMut<'_, Data>,
    offset: u64,
    bytes: &[u8],
) -> Result<(), Error> {
    let data = memory.data_mut(store);
    let range = range(offset, bytes.len() as u64, data.len())?;
    if let Some(place) = data.get_mut(range) {
        place.copy_from_slice(bytes);
    }
    Ok(())
}

fn range(offset: u64, length: u64, size: usize) -> Result<std::ops::Range<usize>, Error> {
    let end = offset.checked_add(length).filter(|end| *end <= size as u64);
    match (usize::try_from(offset), end.map(usize::try_from)) {
        (Ok(start), Some(Ok(end))) => Ok(start..end),
        _ => {
            let message = format!("{length} bytes from {offset} on are not within the memory's {size} bytes");
            Err(Error::new(Kind::Limit, message))
        }
    }
}

fn past_end(index: u64) -> Error {
    Error::new(Kind::Limit, format!("the table has no element {index}"))
}

fn none(name: &str, kind: &str) -> Error {
    Error::new(Kind::NotFound, format!("the instance exports no {kind} called {name}"))
}
