//! From wit-parser's tables, whose entries refer to each other by index, to plain data.

use std::collections::HashMap;

use wit_parser as wp;

use super::model::{Function, FunctionKind, Interface, Member, Name, Type, TypeDef, TypeKind, World};

/// Reads one world out of the tables.
pub(super) fn world(resolve: &wp::Resolve, id: wp::WorldId) -> World {
    let world = &resolve.worlds[id];
    let items = world.imports.iter().chain(&world.exports);
    let names = items
        .filter_map(|(key, item)| match item {
            wp::WorldItem::Interface { id, .. } => Some((*id, name_of(resolve, key))),
            _ => None,
        })
        .collect();
    let reader = Reader { resolve, names };
    World {
        name: world.name.clone(),
        docs: text(&world.docs),
        imports: reader.items(&world.imports),
        exports: reader.items(&world.exports),
        files: Vec::new(),
    }
}

fn name_of(resolve: &wp::Resolve, key: &wp::WorldKey) -> String {
    match key {
        wp::WorldKey::Name(name) => name.clone(),
        wp::WorldKey::Interface(id) => resolve.id_of(*id).unwrap_or_default(),
    }
}

fn text(docs: &wp::Docs) -> Option<String> {
    docs.contents.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_string)
}

struct Reader<'a> {
    resolve: &'a wp::Resolve,
    /// What the world calls the interfaces it has.
    names: HashMap<wp::InterfaceId, String>,
}

impl Reader<'_> {
    fn items<'i>(&self, items: impl IntoIterator<Item = (&'i wp::WorldKey, &'i wp::WorldItem)>) -> Vec<Interface> {
        let mut own = Interface::default();
        let mut interfaces = Vec::new();
        for (key, item) in items {
            match item {
                wp::WorldItem::Function(function) => own.functions.push(self.function(function)),
                wp::WorldItem::Type { id, .. } => own.types.extend(self.type_def(*id)),
                wp::WorldItem::Interface { id, docs, .. } => {
                    let interface = &self.resolve.interfaces[*id];
                    interfaces.push(Interface {
                        name: Some(name_of(self.resolve, key)),
                        docs: text(docs).or_else(|| text(&interface.docs)),
                        types: interface.types.values().filter_map(|id| self.type_def(*id)).collect(),
                        functions: interface.functions.values().map(|function| self.function(function)).collect(),
                    });
                }
            }
        }
        if !own.types.is_empty() || !own.functions.is_empty() {
            interfaces.insert(0, own);
        }
        interfaces
    }

    fn function(&self, function: &wp::Function) -> Function {
        use wp::FunctionKind as K;
        let resource = |id: &wp::TypeId| self.resolve.types[*id].name.clone().unwrap_or_default();
        Function {
            name: function.name.clone(),
            docs: text(&function.docs),
            kind: match &function.kind {
                K::Freestanding | K::AsyncFreestanding => FunctionKind::Free,
                K::Constructor(id) => FunctionKind::Constructor(resource(id)),
                K::Method(id) | K::AsyncMethod(id) => FunctionKind::Method(resource(id)),
                K::Static(id) | K::AsyncStatic(id) => FunctionKind::Static(resource(id)),
            },
            params: function.params.iter().map(|param| (param.name.clone(), self.ty(&param.ty))).collect(),
            result: function.result.as_ref().map(|ty| self.ty(ty)),
            is_async: function.kind.is_async(),
        }
    }

    fn type_def(&self, id: wp::TypeId) -> Option<TypeDef> {
        use wp::TypeDefKind as K;
        let def = &self.resolve.types[id];
        let member = |name: &str, docs: &wp::Docs, ty: Option<&wp::Type>| Member {
            name: name.to_string(),
            docs: text(docs),
            ty: ty.map(|ty| self.ty(ty)),
        };
        let kind = match &def.kind {
            K::Record(record) => {
                TypeKind::Record(record.fields.iter().map(|f| member(&f.name, &f.docs, Some(&f.ty))).collect())
            }
            K::Variant(variant) => {
                TypeKind::Variant(variant.cases.iter().map(|c| member(&c.name, &c.docs, c.ty.as_ref())).collect())
            }
            K::Enum(cases) => TypeKind::Enum(cases.cases.iter().map(|c| member(&c.name, &c.docs, None)).collect()),
            K::Flags(flags) => TypeKind::Flags(flags.flags.iter().map(|f| member(&f.name, &f.docs, None)).collect()),
            K::Resource => TypeKind::Resource,
            _ => TypeKind::Alias(self.shape(def)),
        };
        Some(TypeDef { name: def.name.clone()?, docs: text(&def.docs), kind })
    }

    fn ty(&self, ty: &wp::Type) -> Type {
        Type::Simple(match ty {
            wp::Type::Bool => "bool",
            wp::Type::U8 => "u8",
            wp::Type::U16 => "u16",
            wp::Type::U32 => "u32",
            wp::Type::U64 => "u64",
            wp::Type::S8 => "s8",
            wp::Type::S16 => "s16",
            wp::Type::S32 => "s32",
            wp::Type::S64 => "s64",
            wp::Type::F32 => "f32",
            wp::Type::F64 => "f64",
            wp::Type::Char => "char",
            wp::Type::String => "string",
            wp::Type::ErrorContext => "error-context",
            wp::Type::Id(id) => {
                let def = &self.resolve.types[*id];
                return match self.name(def) {
                    Some(name) => Type::Named(name),
                    None => self.shape(def),
                };
            }
        })
    }

    /// Where a type is named, if the world can say so.
    fn name(&self, def: &wp::TypeDef) -> Option<Name> {
        let interface = match def.owner {
            wp::TypeOwner::World(_) => None,
            wp::TypeOwner::Interface(id) => Some(self.names.get(&id)?.clone()),
            wp::TypeOwner::None => return None,
        };
        Some(Name { interface, name: def.name.clone()? })
    }

    fn shape(&self, def: &wp::TypeDef) -> Type {
        use wp::TypeDefKind as K;
        let boxed = |ty: &wp::Type| Box::new(self.ty(ty));
        let maybe = |ty: &Option<wp::Type>| ty.as_ref().map(boxed);
        match &def.kind {
            K::Type(ty) => self.ty(ty),
            K::List(ty) => Type::List(boxed(ty)),
            K::FixedLengthList(ty, len) => Type::FixedList(boxed(ty), *len),
            K::Map(key, value) => Type::Map(Box::new((self.ty(key), self.ty(value)))),
            K::Option(ty) => Type::Option(boxed(ty)),
            K::Result(sides) => Type::Result(Box::new((
                sides.ok.as_ref().map(|ty| self.ty(ty)),
                sides.err.as_ref().map(|ty| self.ty(ty)),
            ))),
            K::Tuple(tuple) => Type::Tuple(tuple.types.iter().map(|ty| self.ty(ty)).collect()),
            K::Future(ty) => Type::Future(maybe(ty)),
            K::Stream(ty) => Type::Stream(maybe(ty)),
            K::Handle(wp::Handle::Own(id)) => Type::Own(self.handle(*id)),
            K::Handle(wp::Handle::Borrow(id)) => Type::Borrow(self.handle(*id)),
            // Only a name says what these are; without one the name alone is left.
            K::Record(_) | K::Variant(_) | K::Enum(_) | K::Flags(_) | K::Resource | K::Unknown => {
                Type::Named(Name { interface: None, name: def.name.clone().unwrap_or_default() })
            }
        }
    }

    fn handle(&self, id: wp::TypeId) -> Name {
        let def = &self.resolve.types[id];
        self.name(def).unwrap_or_else(|| Name { interface: None, name: def.name.clone().unwrap_or_default() })
    }
}
