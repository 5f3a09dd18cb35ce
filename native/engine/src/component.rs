//! A compiled component: what it imports, what it exports, ready to instantiate.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{ComponentExportIndex, InstancePre, Linker, LinkerInstance};

use crate::aot::Overflow;
use crate::caller;
use crate::engine::Engine;
use crate::error::{Error, Kind};
use crate::host;
use crate::names::Names;
use crate::signature::{Function, Signature};
use crate::store::Data;
use crate::types::{ResourceName, Resolver, Type};

/// A compiled component. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) component: wasmtime::component::Component,
    exports: Vec<Function>,
    indices: Vec<ComponentExportIndex>,
    imports: Vec<Import>,
    resources: Vec<Vec<String>>,
    names: Names,
    /// Linked, by which imports the embedding gives.
    linked: Mutex<BTreeMap<Given, Result<InstancePre<Data>, Error>>>,
    pub(crate) overflow: Overflow<Component>,
}

/// Which of the imports the embedding gives; the others are WASI's, or missing.
pub(crate) type Given = Vec<bool>;

/// An import: a function, or what is called when a resource of the host's is dropped.
pub struct Import {
    pub(crate) signature: Signature,
    kind: ImportKind,
}

enum ImportKind {
    Function,
    Resource { name: String, number: u32 },
    /// Something that only another component could give.
    Foreign(&'static str),
}

impl Import {
    /// Its place, parameters and result.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Whether it may be left out: nobody needs to hear of a resource's end.
    pub fn is_optional(&self) -> bool {
        matches!(self.kind, ImportKind::Resource { .. })
    }

    /// What it is, where it is something values cannot give: `module`, `component`, `value`.
    pub fn foreign(&self) -> Option<&'static str> {
        if let ImportKind::Foreign(what) = self.kind { Some(what) } else { None }
    }
}

impl Component {
    pub(crate) fn new(engine: &Engine, component: wasmtime::component::Component) -> Result<Component, Error> {
        let ty = component.component_type();
        let mut reader = Reader { engine, resolver: Resolver::default(), resources: Vec::new() };
        let imports: Vec<_> = ty.imports(&engine.inner).map(|(name, item)| (name.to_string(), item.ty)).collect();
        let exports: Vec<_> = ty.exports(&engine.inner).map(|(name, item)| (name.to_string(), item.ty)).collect();
        reader.name_resources(&imports, true, &mut Vec::new());
        reader.name_resources(&exports, false, &mut Vec::new());
        let mut wanted = Vec::new();
        reader.imports(&imports, &mut Vec::new(), &mut wanted);
        let mut found = Vec::new();
        reader.functions(&exports, &mut Vec::new(), &mut found);

        let mut functions = Vec::with_capacity(found.len());
        let mut indices = Vec::with_capacity(found.len());
        for signature in found {
            if let Some(index) = export_index(&component, &signature.path) {
                let way = caller::choose(&signature);
                functions.push(Function::new(signature, way));
                indices.push(index);
            }
        }
        let names = Names::of(functions.iter().map(|function| function.signature.path()));
        Ok(Component {
            inner: Arc::new(Inner {
                engine: engine.clone(),
                resources: reader.resources,
                component,
                exports: functions,
                indices,
                imports: wanted,
                names,
                linked: Mutex::default(),
                overflow: Overflow::default(),
            }),
        })
    }

    /// The functions it exports, interfaces' functions included, in its own order.
    pub fn exports(&self) -> &[Function] {
        &self.inner.exports
    }

    /// What it imports. A host call names one by its place here.
    pub fn imports(&self) -> &[Import] {
        &self.inner.imports
    }

    /// Where the resource types are that it exports.
    pub fn resources(&self) -> &[Vec<String>] {
        &self.inner.resources
    }

    pub(crate) fn names(&self) -> &Names {
        &self.inner.names
    }

    pub(crate) fn indices(&self) -> &[ComponentExportIndex] {
        &self.inner.indices
    }

    /// Linked with the imports that the embedding gives; made once for each set of them.
    pub(crate) fn linked(&self, given: &[bool]) -> Result<InstancePre<Data>, Error> {
        let mut linked = self.inner.linked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pre) = linked.get(given) {
            return pre.clone();
        }
        let pre = self.link(given);
        linked.insert(given.to_vec(), pre.clone());
        pre
    }

    fn link(&self, given: &[bool]) -> Result<InstancePre<Data>, Error> {
        let wrong = |error: wasmtime::Error| Error::from_wasmtime(Kind::Link, &error);
        let mut linker: Linker<Data> = Linker::new(&self.inner.engine.inner);
        linker.allow_shadowing(true);
        for (index, import) in self.imports().iter().enumerate() {
            let given = given.get(index).copied().unwrap_or(false);
            let Some((name, interfaces)) = import.signature.path.split_last() else { continue };
            let mut place = linker.root();
            for interface in interfaces {
                place = place.into_instance(interface).map_err(wrong)?;
            }
            self.define(&mut place, name, index, import, given).map_err(wrong)?;
        }
        linker.instantiate_pre(&self.inner.component).map_err(wrong)
    }

    fn define(
        &self,
        place: &mut LinkerInstance<'_, Data>,
        name: &str,
        index: usize,
        import: &Import,
        given: bool,
    ) -> wasmtime::Result<()> {
        match &import.kind {
            ImportKind::Function if given => host::define(place, name, index, &import.signature),
            ImportKind::Resource { name, number } => {
                host::define_resource(place, name, *number, given.then_some(index))
            }
            ImportKind::Function | ImportKind::Foreign(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exports: Vec<String> = self.exports().iter().map(|export| export.signature.name()).collect();
        f.debug_struct("Component").field("exports", &exports).finish_non_exhaustive()
    }
}

/// Reads a component's type.
struct Reader<'e> {
    engine: &'e Engine,
    resolver: Resolver,
    resources: Vec<Vec<String>>,
}

type Items = [(String, ComponentItem)];

impl Reader<'_> {
    fn inner(&self, instance: &wasmtime::component::types::ComponentInstance) -> Vec<(String, ComponentItem)> {
        instance.exports(&self.engine.inner).map(|(name, item)| (name.to_string(), item.ty)).collect()
    }

    fn name_resources(&mut self, items: &Items, imported: bool, path: &mut Vec<String>) {
        for (name, item) in items {
            path.push(name.clone());
            match item {
                ComponentItem::Resource(ty) => {
                    let host = if imported { u32::try_from(self.resources.len()).ok() } else { None };
                    self.resolver.name(*ty, name, host);
                    self.resources.push(path.clone());
                }
                ComponentItem::ComponentInstance(instance) => {
                    self.name_resources(&self.inner(instance), imported, path);
                }
                _ => {}
            }
            path.pop();
        }
    }

    fn functions(&self, items: &Items, path: &mut Vec<String>, found: &mut Vec<Signature>) {
        for (name, item) in items {
            path.push(name.clone());
            match item {
                ComponentItem::ComponentFunc(func) => found.push(self.signature(path.clone(), func)),
                ComponentItem::ComponentInstance(instance) => self.functions(&self.inner(instance), path, found),
                _ => {}
            }
            path.pop();
        }
    }

    fn imports(&self, items: &Items, path: &mut Vec<String>, found: &mut Vec<Import>) {
        for (name, item) in items {
            path.push(name.clone());
            match item {
                ComponentItem::ComponentFunc(func) => {
                    found.push(Import { signature: self.signature(path.clone(), func), kind: ImportKind::Function });
                }
                ComponentItem::Resource(ty) => found.extend(self.resource(*ty, name, path)),
                ComponentItem::ComponentInstance(instance) => self.imports(&self.inner(instance), path, found),
                ComponentItem::Module(_) => found.push(Import::foreign_at(path, "module")),
                ComponentItem::Component(_) => found.push(Import::foreign_at(path, "component")),
                // A type equal to one of another import is nothing to be given.
                _ => {}
            }
            path.pop();
        }
    }

    /// The import that hears of the end of a resource, as the component model names it.
    fn resource(&self, ty: wasmtime::component::ResourceType, name: &str, path: &[String]) -> Option<Import> {
        let named: Arc<ResourceName> = self.resolver.resource(ty);
        let number = named.host?;
        let mut path = path.to_vec();
        if let Some(last) = path.last_mut() {
            *last = format!("[resource-drop]{name}");
        }
        let params = vec![("self".to_string(), Type::Own(named))];
        let signature = Signature { path, params, results: Vec::new() };
        Some(Import { signature, kind: ImportKind::Resource { name: name.to_string(), number } })
    }

    fn signature(&self, path: Vec<String>, func: &ComponentFunc) -> Signature {
        Signature {
            path,
            params: func.params().map(|(name, ty)| (name.to_string(), self.resolver.resolve(&ty))).collect(),
            results: func.results().map(|ty| self.resolver.resolve(&ty)).collect(),
        }
    }
}

impl Import {
    fn foreign_at(path: &[String], what: &'static str) -> Import {
        let signature = Signature { path: path.to_vec(), params: Vec::new(), results: Vec::new() };
        Import { signature, kind: ImportKind::Foreign(what) }
    }
}

fn export_index(component: &wasmtime::component::Component, path: &[String]) -> Option<ComponentExportIndex> {
    path.iter().try_fold(None, |parent: Option<ComponentExportIndex>, name| {
        component.get_export_index(parent.as_ref(), name).map(Some)
    })?
}
