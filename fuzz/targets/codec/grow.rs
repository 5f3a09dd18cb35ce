//! Values of a type, grown from the fuzzer's bytes; and what they are when they come back.

use libfuzzer_sys::arbitrary::Unstructured;
use workbooks_engine::{Case, Type};

use crate::node::Node;

/// Items of a list, at most.
const ITEMS: usize = 6;

/// Grows values from bytes, until those are used up; then all are small.
pub struct Grower<'u, 'd> {
    input: &'u mut Unstructured<'d>,
    /// Whether a value was put where it may not fit.
    pub twisted: bool,
}

impl<'u, 'd> Grower<'u, 'd> {
    pub fn new(input: &'u mut Unstructured<'d>) -> Self {
        Grower { input, twisted: false }
    }

    fn byte(&mut self) -> u8 {
        self.input.arbitrary().unwrap_or(0)
    }

    fn bits(&mut self) -> u64 {
        self.input.arbitrary().unwrap_or(0)
    }

    fn number(&mut self, min: i128, max: i128) -> Node {
        let edges = [min, max, 0, 1];
        let n = match self.byte() {
            byte @ 0..=3 => edges[usize::from(byte)],
            _ => min + i128::from(self.bits()) % (max - min + 1),
        };
        Node::Int(n.clamp(min, max))
    }

    fn text(&mut self) -> String {
        let length = usize::from(self.byte() % 24);
        let bytes = self.input.bytes(length.min(self.input.len())).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn items(&mut self, element: &Type) -> Vec<Node> {
        let count = usize::from(self.byte()) % (ITEMS + 1);
        (0..count).map(|_| self.value(element)).collect()
    }

    fn optional(&mut self, ty: Option<&Type>) -> Option<Box<Node>> {
        ty.map(|ty| Box::new(self.value(ty)))
    }

    /// A value of this type, or now and then of any.
    pub fn value(&mut self, ty: &Type) -> Node {
        if self.byte() == 0xA5 {
            self.twisted = true;
            return self.any(3);
        }
        match ty {
            Type::Bool => Node::Bool(self.byte() & 1 == 1),
            Type::S8 => self.number(i8::MIN.into(), i8::MAX.into()),
            Type::U8 => self.number(0, u8::MAX.into()),
            Type::S16 => self.number(i16::MIN.into(), i16::MAX.into()),
            Type::U16 => self.number(0, u16::MAX.into()),
            Type::S32 => self.number(i32::MIN.into(), i32::MAX.into()),
            Type::U32 => self.number(0, u32::MAX.into()),
            Type::S64 => self.number(i64::MIN.into(), i64::MAX.into()),
            Type::U64 => self.number(0, u64::MAX.into()),
            Type::I32 => self.number(i32::MIN.into(), u32::MAX.into()),
            Type::I64 => self.number(i64::MIN.into(), u64::MAX.into()),
            Type::F32 => match f32::from_bits(self.bits() as u32) {
                nan if nan.is_nan() => Node::Nan(nan.to_bits().into()),
                float => Node::Float(float.into()),
            },
            Type::F64 => match f64::from_bits(self.bits()) {
                nan if nan.is_nan() => Node::Nan(nan.to_bits()),
                float => Node::Float(float),
            },
            Type::Char => Node::Text(char::from_u32(self.bits() as u32 % 0x11_0000).unwrap_or('\u{FFFD}').to_string()),
            Type::String => Node::Text(self.text()),
            Type::Bytes if self.byte() & 1 == 1 => Node::List(self.items(&Type::U8)),
            Type::Bytes => {
                let length = usize::from(self.byte() % 24).min(self.input.len());
                Node::Bytes(self.input.bytes(length).unwrap_or_default().to_vec())
            }
            Type::V128 => Node::Bytes([self.bits().to_le_bytes(), self.bits().to_le_bytes()].concat()),
            Type::List(element) => Node::List(self.items(element)),
            Type::FixedList(element, size) => Node::List((0..*size).map(|_| self.value(element)).collect()),
            Type::Map(entry) => {
                let keys = self.items(&entry.0);
                Node::Map(keys.into_iter().map(|key| (key, self.value(&entry.1))).collect())
            }
            Type::Record(record) => {
                let fields = record.fields.iter().map(|(name, ty)| (name.clone(), self.value(ty))).collect();
                Node::Record(fields)
            }
            Type::Tuple(types) => Node::Tuple(types.iter().map(|ty| self.value(ty)).collect()),
            Type::Variant(cases) => {
                let Case { name, ty } = &cases[usize::from(self.byte()) % cases.len()];
                Node::Case(name.clone(), self.optional(ty.as_ref()))
            }
            Type::Enum(names) => Node::Text(names[usize::from(self.byte()) % names.len()].clone()),
            Type::Flags(names) => {
                let set = self.bits();
                let set = names.iter().enumerate().filter(|(i, _)| set >> (i % 64) & 1 == 1);
                Node::List(set.map(|(_, name)| Node::Text(name.clone())).collect())
            }
            Type::Option(some) => match (self.byte() % 4, &**some) {
                (0, _) => Node::Nothing,
                (_, Type::Option(_)) => Node::Some(Box::new(self.value(some))),
                _ => self.value(some),
            },
            Type::Result(sides) => Node::Result(match self.byte() & 1 {
                0 => Ok(self.optional(sides.0.as_ref())),
                _ => Err(self.optional(sides.1.as_ref())),
            }),
            Type::Ref(_) | Type::Own(_) | Type::Borrow(_) | Type::Unsupported(_) => self.any(2),
        }
    }

    fn any(&mut self, depth: u8) -> Node {
        let inner = depth.saturating_sub(1);
        let kinds = if depth == 0 { 7 } else { 14 };
        match self.byte() % kinds {
            0 => Node::Nothing,
            1 => Node::Bool(true),
            2 => Node::Int(i128::from(self.bits() as i64)),
            3 => Node::Float(0.5),
            4 => Node::Text(self.text()),
            5 => Node::Bytes(vec![0xFF, self.byte()]),
            6 => Node::Nan(self.bits()),
            7 => Node::List(vec![self.any(inner), self.any(inner)]),
            8 => Node::Tuple(vec![self.any(inner), self.any(inner)]),
            9 => Node::Record(vec![("y".into(), self.any(inner)), ("name".into(), self.any(inner))]),
            10 => Node::Map(vec![(self.any(inner), self.any(inner))]),
            11 => Node::Case("circle".into(), Some(Box::new(self.any(inner)))),
            12 => Node::Some(Box::new(self.any(inner))),
            _ => Node::Result(Err(Some(Box::new(self.any(inner))))),
        }
    }
}

/// What a value of this type is when it comes back; `None` when it does not fit.
pub fn canonical(ty: &Type, value: &Node) -> Option<Node> {
    use workbooks_engine::Source;
    let within = |min: i128, max: i128| value.integer().filter(|n| (min..=max).contains(n)).map(Node::Int);
    let inside = |ty: &Option<Type>, content: Option<&Node>| match (ty, content) {
        (Some(ty), Some(content)) => canonical(ty, content).map(|content| Some(Box::new(content))),
        (None, None | Some(Node::Nothing)) => Some(None),
        _ => None,
    };
    let list =
        |element: &Type| value.list()?.into_iter().map(|item| canonical(element, item)).collect::<Option<Vec<_>>>();
    match ty {
        Type::Bool => value.boolean().map(Node::Bool),
        Type::S8 => within(i8::MIN.into(), i8::MAX.into()),
        Type::U8 => within(0, u8::MAX.into()),
        Type::S16 => within(i16::MIN.into(), i16::MAX.into()),
        Type::U16 => within(0, u16::MAX.into()),
        Type::S32 => within(i32::MIN.into(), i32::MAX.into()),
        Type::U32 => within(0, u32::MAX.into()),
        Type::S64 => within(i64::MIN.into(), i64::MAX.into()),
        Type::U64 => within(0, u64::MAX.into()),
        Type::I32 => within(i32::MIN.into(), u32::MAX.into())
            .and_then(|n| Some(Node::Int((n.integer()? as u32).cast_signed().into()))),
        Type::I64 => within(i64::MIN.into(), u64::MAX.into())
            .and_then(|n| Some(Node::Int((n.integer()? as u64).cast_signed().into()))),
        Type::F32 => match (value.float(), value.nan_bits()) {
            (Some(float), _) => Some(Node::Float((float as f32).into())),
            (None, Some(bits)) => {
                let float = f32::from_bits(bits.try_into().ok()?);
                Some(if float.is_nan() { Node::Nan(bits) } else { Node::Float(float.into()) })
            }
            _ => None,
        },
        Type::F64 => match (value.float(), value.nan_bits()) {
            (Some(float), _) => Some(Node::Float(float)),
            (None, Some(bits)) => {
                let float = f64::from_bits(bits);
                Some(if float.is_nan() { Node::Nan(bits) } else { Node::Float(float) })
            }
            _ => None,
        },
        Type::Char => value.text().filter(|text| text.chars().count() == 1).map(|text| Node::Text(text.into())),
        Type::String => value.text().map(|text| Node::Text(text.into())),
        Type::V128 => value.bytes().filter(|bytes| bytes.len() == 16).map(|bytes| Node::Bytes(bytes.into())),
        Type::Bytes => match value.bytes() {
            Some(bytes) => Some(Node::Bytes(bytes.into())),
            None => {
                let byte = |item: &Node| item.integer()?.try_into().ok();
                value.list()?.into_iter().map(byte).collect::<Option<Vec<u8>>>().map(Node::Bytes)
            }
        },
        Type::List(element) => list(element).map(Node::List),
        Type::FixedList(element, size) => list(element).filter(|items| items.len() == *size as usize).map(Node::List),
        Type::Map(entry) => {
            let entries = value.entries()?.into_iter();
            let entries =
                entries.map(|(key, content)| Some((canonical(&entry.0, key)?, canonical(&entry.1, content)?)));
            entries.collect::<Option<Vec<_>>>().map(Node::Map)
        }
        Type::Record(record) => {
            if !value.is_record() {
                return None;
            }
            let fields = record.fields.iter().map(|(name, ty)| {
                let content = match (value.field(name), ty) {
                    (Some(content), ty) => canonical(ty, content)?,
                    (None, Type::Option(_)) => Node::Nothing,
                    (None, _) => return None,
                };
                Some((name.clone(), content))
            });
            fields.collect::<Option<Vec<_>>>().map(Node::Record)
        }
        Type::Tuple(types) => {
            let items = value.tuple().filter(|items| items.len() == types.len())?;
            let items = types.iter().zip(items).map(|(ty, item)| canonical(ty, item));
            items.collect::<Option<Vec<_>>>().map(Node::Tuple)
        }
        Type::Variant(cases) => {
            let (name, content) =
                value.case().map_or_else(|| Some((value.name()?, None)), |(n, c)| Some((n, Some(c))))?;
            let case = cases.iter().find(|case| case.name == name)?;
            Some(Node::Case(name, inside(&case.ty, content)?))
        }
        Type::Enum(names) => value.name().filter(|name| names.contains(name)).map(Node::Text),
        Type::Flags(names) => {
            let set = value.list()?.into_iter().map(Source::name).collect::<Option<Vec<_>>>()?;
            let known = set.iter().all(|name| names.contains(name));
            let set = names.iter().filter(|name| set.contains(name)).cloned().map(Node::Text);
            known.then(|| Node::List(set.collect()))
        }
        Type::Option(_) if value.is_none() => Some(Node::Nothing),
        Type::Option(some) => match **some {
            Type::Option(_) => Some(Node::Some(Box::new(canonical(some, value.some()?)?))),
            _ => canonical(some, value),
        },
        Type::Result(sides) => Some(Node::Result(match value.result()? {
            Ok(content) => Ok(inside(&sides.0, content)?),
            Err(content) => Err(inside(&sides.1, content)?),
        })),
        Type::Ref(_) | Type::Own(_) | Type::Borrow(_) | Type::Unsupported(_) => Some(value.clone()),
    }
}

/// Equal, where one not-a-number is as good as another: a component may make any of any.
pub fn same(results: &[Node], expected: &[Node]) -> bool {
    match (results, expected) {
        // A core function's several results are several values; a component's only one is one.
        ([one], [other]) => same_node(one, other),
        _ => results.len() == expected.len() && results.iter().zip(expected).all(|(one, other)| same_node(one, other)),
    }
}

fn same_node(one: &Node, other: &Node) -> bool {
    let all = |ours: &[Node], theirs: &[Node]| ours.len() == theirs.len() && same(ours, theirs);
    let boxed = |ours: &Option<Box<Node>>, theirs: &Option<Box<Node>>| match (ours, theirs) {
        (Some(ours), Some(theirs)) => same_node(ours, theirs),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    };
    match (one, other) {
        (Node::Nan(_), Node::Nan(_)) => true,
        (Node::Nan(_), Node::Float(float)) => float.is_nan(),
        (Node::Float(one), Node::Float(other)) => one.to_bits() == other.to_bits(),
        (Node::List(one), Node::List(other)) | (Node::Tuple(one), Node::Tuple(other)) => all(one, other),
        (Node::Record(one), Node::Record(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && same_node(&one.1, &other.1))
        }
        // What comes back of equal keys is the store's affair: the last one, say.
        (Node::Map(one), Node::Map(other)) => one.len() <= other.len(),
        (Node::Case(one, content), Node::Case(other, its)) => one == other && boxed(content, its),
        (Node::Some(one), Node::Some(other)) => same_node(one, other),
        (Node::Result(Ok(one)), Node::Result(Ok(other))) | (Node::Result(Err(one)), Node::Result(Err(other))) => {
            boxed(one, other)
        }
        _ => one == other,
    }
}
