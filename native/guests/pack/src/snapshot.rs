//! Runs a module's initialisation now instead of in every instance: memory and globals
//! become what it leaves behind, as data segments and initial values. An instance then
//! begins with them, and the host can map them instead of computing them.
//!
//! The interpreter is deterministic and imports are refused while it runs, so the same
//! module always gives the same bytes.

use wasm_encoder::{
    ConstExpr, DataCountSection, DataSection, ExportKind, ExportSection, GlobalSection, MemorySection,
    MemoryType, Module, RawSection, SectionId,
};
use wasmi::{Engine, Extern, Linker, Store, Val};
use wasmparser::{DataKind, Export, ExternalKind, Global, Operator, Parser, Payload};

/// Zeros that a data segment goes on over: another segment costs about as many bytes.
const GAP: usize = 16;
/// Nobody else's export begins with a NUL.
const GLOBAL: &str = "\0global";
const MEMORY: &str = "\0memory";

/// `module` as it is after its export `initialize` was called; the export is gone.
pub fn initialized(module: &[u8], initialize: &str) -> Result<Vec<u8>, String> {
    let parts = Parts::of(module)?;
    if !parts.exports.iter().any(|export| export.name == initialize) {
        return Err(format!("no export '{initialize}' to initialise with"));
    }
    let state = parts.run(&parts.opened(), initialize)?;
    Ok(parts.rewritten(initialize, &state))
}

/// What is read of the module; all other sections are copied as they are.
struct Parts<'a> {
    module: &'a [u8],
    payloads: Vec<Payload<'a>>,
    memory: wasmparser::MemoryType,
    globals: Vec<Global<'a>>,
    imported_globals: u32,
    exports: Vec<Export<'a>>,
    first_data: i64,
}

struct State {
    pages: u64,
    memory: Vec<u8>,
    /// Of each global that is not constant, its value, as the text of an instruction.
    globals: Vec<Option<ConstExpr>>,
}

impl<'a> Parts<'a> {
    fn of(module: &'a [u8]) -> Result<Self, String> {
        let payloads =
            Parser::new(0).parse_all(module).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        let mut memories = Vec::new();
        let (mut globals, mut exports) = (Vec::new(), Vec::new());
        let mut imported_globals = 0;
        let mut first_data = i64::MAX;
        for payload in &payloads {
            let read = || -> wasmparser::Result<Option<&str>> {
                match payload {
                    Payload::ImportSection(section) => {
                        for import in section.clone().into_imports() {
                            match import?.ty {
                                wasmparser::TypeRef::Func(_) => {}
                                wasmparser::TypeRef::Global(_) => imported_globals += 1,
                                _ => return Ok(Some("it imports a memory or a table")),
                            }
                        }
                    }
                    Payload::MemorySection(section) => memories.extend(section.clone().into_iter().flatten()),
                    Payload::GlobalSection(section) => globals.extend(section.clone().into_iter().flatten()),
                    Payload::ExportSection(section) => exports.extend(section.clone().into_iter().flatten()),
                    Payload::StartSection { .. } => return Ok(Some("it has a start function already")),
                    Payload::DataSection(section) => {
                        for data in section.clone() {
                            let DataKind::Active { offset_expr, .. } = data?.kind else {
                                return Ok(Some("it has passive data"));
                            };
                            let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                                return Ok(Some("its data lies at a place that is not constant"));
                            };
                            first_data = first_data.min(i64::from(value));
                        }
                    }
                    Payload::CodeSectionEntry(body) => {
                        let mut operators = body.get_operators_reader()?;
                        while !operators.eof() {
                            if changes_tables(&operators.read()?) {
                                return Ok(Some("it changes tables"));
                            }
                        }
                    }
                    _ => {}
                }
                Ok(None)
            }();
            match read {
                Ok(None) => {}
                Ok(Some(obstacle)) => return Err(format!("no snapshot can be taken: {obstacle}")),
                Err(error) => return Err(error.to_string()),
            }
        }
        match memories.as_slice() {
            [memory] => {
                Ok(Self { module, payloads, memory: *memory, globals, imported_globals, exports, first_data })
            }
            _ => Err("no snapshot can be taken: it has not one memory".to_owned()),
        }
    }

    /// The module with its memory and globals exported, for us to read.
    fn opened(&self) -> Vec<u8> {
        let mut exports = self.exports_without(None);
        exports.export(MEMORY, ExportKind::Memory, 0);
        for index in 0..self.globals.len() as u32 {
            exports.export(&format!("{GLOBAL}{index}"), ExportKind::Global, self.imported_globals + index);
        }
        self.copied(|module, id| {
            let replaced = id == SectionId::Export as u8;
            if replaced {
                module.section(&exports);
            }
            replaced
        })
    }

    fn exports_without(&self, name: Option<&str>) -> ExportSection {
        let mut section = ExportSection::new();
        for export in self.exports.iter().filter(|export| Some(export.name) != name) {
            let kind = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
                ExternalKind::Table => ExportKind::Table,
                ExternalKind::Memory => ExportKind::Memory,
                ExternalKind::Global => ExportKind::Global,
                ExternalKind::Tag => ExportKind::Tag,
            };
            section.export(export.name, kind, export.index);
        }
        section
    }

    fn run(&self, opened: &[u8], initialize: &str) -> Result<State, String> {
        let failed = |error: wasmi::Error| format!("initialisation: {error}");
        let engine = Engine::default();
        let module = wasmi::Module::new(&engine, opened).map_err(failed)?;
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        for import in module.imports() {
            let Some(ty) = import.ty().func() else { continue };
            let name = format!("{} {}", import.module(), import.name());
            linker
                .func_new(import.module(), import.name(), ty.clone(), move |_, _, _| {
                    Err(wasmi::Error::new(format!("it calls {name}, which is not there yet")))
                })
                .map_err(|error| error.to_string())?;
        }
        let instance = linker.instantiate_and_start(&mut store, &module).map_err(failed)?;
        let function = instance.get_typed_func::<(), ()>(&store, initialize).map_err(failed)?;
        function.call(&mut store, ()).map_err(failed)?;

        let memory = instance.get_memory(&store, MEMORY).ok_or("initialisation: no memory")?;
        let mut globals = Vec::new();
        for (index, global) in self.globals.iter().enumerate() {
            let Some(Extern::Global(now)) = instance.get_export(&store, &format!("{GLOBAL}{index}")) else {
                return Err("initialisation: a global is missing".to_owned());
            };
            globals.push(match (global.ty.mutable, now.get(&store)) {
                (false, _) => None,
                (true, Val::I32(value)) => Some(ConstExpr::i32_const(value)),
                (true, Val::I64(value)) => Some(ConstExpr::i64_const(value)),
                (true, _) => return Err("no snapshot can be taken: a global is not an integer".to_owned()),
            });
        }
        let mut state = State { pages: memory.size(&store), memory: memory.data(&store).to_vec(), globals };
        self.forget_stack(&mut state.memory);
        Ok(state)
    }

    /// The shadow stack lies below all data: what calls that have returned left there is
    /// of no use, and would be copied for every instance.
    fn forget_stack(&self, memory: &mut [u8]) {
        let end = usize::try_from(self.first_data).unwrap_or(0).min(memory.len());
        if let Some(stack) = memory.get_mut(..end) {
            stack.fill(0);
        }
    }

    fn rewritten(&self, initialize: &str, state: &State) -> Vec<u8> {
        let exports = self.exports_without(Some(initialize));
        let (data, segments) = data(&state.memory);
        self.copied(|module, id| {
            match id {
                id if id == SectionId::Export as u8 => module.section(&exports),
                id if id == SectionId::Memory as u8 => module.section(&self.memory(state.pages)),
                id if id == SectionId::Global as u8 => module.section(&self.globals(state)),
                id if id == SectionId::Data as u8 => module.section(&data),
                id if id == SectionId::DataCount as u8 => module.section(&DataCountSection { count: segments }),
                _ => return false,
            };
            true
        })
    }

    fn memory(&self, pages: u64) -> MemorySection {
        let mut section = MemorySection::new();
        section.memory(MemoryType {
            minimum: pages,
            maximum: self.memory.maximum,
            memory64: self.memory.memory64,
            shared: self.memory.shared,
            page_size_log2: self.memory.page_size_log2,
        });
        section
    }

    fn globals(&self, state: &State) -> GlobalSection {
        let mut section = GlobalSection::new();
        for (global, value) in self.globals.iter().zip(&state.globals) {
            let ty = wasm_encoder::GlobalType {
                val_type: match global.ty.content_type {
                    wasmparser::ValType::I64 => wasm_encoder::ValType::I64,
                    _ => wasm_encoder::ValType::I32,
                },
                mutable: global.ty.mutable,
                shared: global.ty.shared,
            };
            let kept = || {
                let range = global.init_expr.get_binary_reader().range();
                // Without the `end` that the encoder writes itself.
                ConstExpr::raw(self.bytes(range.start..range.end - 1).iter().copied())
            };
            section.global(ty, &value.clone().unwrap_or_else(kept));
        }
        section
    }

    /// Of a module that has been parsed: whatever it has of ranges lies within.
    fn bytes(&self, range: std::ops::Range<u64>) -> &[u8] {
        &self.module[range.start as usize..range.end as usize]
    }

    /// The module section by section, where `replace` has not written another.
    fn copied(&self, mut replace: impl FnMut(&mut Module, u8) -> bool) -> Vec<u8> {
        let mut module = Module::new();
        for payload in &self.payloads {
            if let Some((id, range)) = payload.as_section()
                && !replace(&mut module, id)
            {
                module.section(&RawSection { id, data: self.bytes(range) });
            }
        }
        module.finish()
    }
}

/// All that is not zero, and how many segments that takes.
fn data(memory: &[u8]) -> (DataSection, u32) {
    let mut section = DataSection::new();
    let mut at = 0;
    while let Some(start) = memory[at..].iter().position(|byte| *byte != 0).map(|skipped| at + skipped) {
        let zeros = memory[start..].windows(GAP).position(|window| window.iter().all(|byte| *byte == 0));
        let end = zeros.map_or(memory.len(), |length| start + length);
        section.active(0, &ConstExpr::i32_const(start as u32 as i32), memory[start..end].iter().copied());
        at = end;
    }
    let segments = section.len();
    (section, segments)
}

fn changes_tables(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
    )
}
