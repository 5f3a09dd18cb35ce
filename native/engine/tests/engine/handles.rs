//! Resources of the component model: a guest's held outside, the host's held by guests.

use std::cell::RefCell;

use workbooks_engine::{CallOptions, Instance, Kind, Opaque, Program, Reference, Resource, Sink, Status, Step};

use crate::plain::{
    By, HOST, Int, Plain, Plainly, Token, answering, begin, call, drive, drive_on, failed, host_call, instance, made,
    number, program, setup,
};

/// A guest's resource: made, read, eaten; its destructor counts.
const COUNTER: &str = r#"
(component
  (core module $m
    (global $dropped (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (local.get 0))))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $i (instantiate $m))
  (type $r' (resource (rep i32) (dtor (func $i "dtor"))))
  (export $r "counter" (type $r'))
  (type $q' (resource (rep i32)))
  (export $q "other" (type $q'))
  (core func $new (canon resource.new $r'))
  (core func $rep (canon resource.rep $r'))
  (core func $drop (canon resource.drop $r'))
  (core func $new-q (canon resource.new $q'))
  (core module $n
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "new-q" (func $new-q (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "make-other") (param i32) (result i32) (call $new-q (local.get 0)))
    (func (export "value") (param i32) (result i32) (local.get 0))
    (func (export "eat") (param i32) (result i32)
      (call $rep (local.get 0)) (call $drop (local.get 0)))
    (func (export "both") (param i32 i32) (result i32) (i32.add (local.get 0) (call $rep (local.get 1)))))
  (core instance $j (instantiate $n (with "" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop)) (export "new-q" (func $new-q))))))
  (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $j "make")))
  (func (export "make-other") (param "n" u32) (result (own $q)) (canon lift (core func $j "make-other")))
  (func (export "value") (param "c" (borrow $r)) (result u32) (canon lift (core func $j "value")))
  (func (export "eat") (param "c" (own $r)) (result u32) (canon lift (core func $j "eat")))
  (func (export "both") (param "a" (borrow $r)) (param "b" (own $r)) (result u32) (canon lift (core func $j "both")))
  (func (export "dropped") (result u32) (canon lift (core func $i "dropped"))))"#;

/// Takes resources out where they can be dropped.
#[derive(Default)]
struct Keeper(RefCell<Vec<Resource>>);

impl Sink for Keeper {
    type Out = ();
    fn boolean(&self, _: bool) {}
    fn integer(&self, _: i128) {}
    fn float(&self, _: f64) {}
    fn nan(&self, _: u64) {}
    fn text(&self, _: &str) {}
    fn bytes(&self, _: &[u8]) {}
    fn list(&self, _: &[()]) {}
    fn tuple(&self, _: &[()]) {}
    fn record(&self, _: &[()], _: &[()]) {}
    fn case(&self, _: &str, _: Option<()>) {}
    fn none(&self) {}
    fn some(&self, _: ()) {}
    fn result(&self, _: Result<Option<()>, Option<()>>) {}
    fn map(&self, _: &[()], _: &[()]) {}
    fn opaque(&self, _: &Opaque) {}
    fn reference(&self, _: Reference) {}
    fn resource(&self, resource: Resource) {
        self.0.borrow_mut().push(resource);
    }
}

fn make(instance: &Instance, name: &str, n: i128) -> Resource {
    let keeper = Keeper::default();
    let function = instance.program().find(&[name]).expect("it is there");
    let step = instance.call(function, [Int(n)].into_iter(), CallOptions::default(), &keeper);
    assert!(matches!(step, Step::Done(_)));
    keeper.0.into_inner().pop().expect("a resource")
}

fn with<'a>(resource: &'a Resource) -> Plain<'a> {
    Plain::Resource(By(resource))
}

#[test]
fn a_guests_resource_is_lent_and_handed_over() {
    let instance = instance(&program(COUNTER));
    let counter = make(&instance, "make", 5);
    assert_eq!(counter.name(), "counter");
    assert_eq!(call(&instance, "value", &[with(&counter)]).expect("lent"), [Int(5)]);
    assert_eq!(call(&instance, "value", &[with(&counter)]).expect("lent again"), [Int(5)]);
    assert_eq!(call(&instance, "eat", &[with(&counter)]).expect("handed over"), [Int(5)]);
    assert_eq!(number(&instance, "dropped", &[]).expect("a number"), 5);
    let error = call(&instance, "value", &[with(&counter)]).expect_err("gone");
    assert_eq!(error.kind, Kind::Type);
    assert!(error.message.contains("handed over or dropped"), "{error}");
    drop(counter);
    assert_eq!(number(&instance, "dropped", &[]).expect("a number"), 5, "dropped once");
}

#[test]
fn a_destructor_runs_with_the_next_call_or_when_it_is_asked_to() {
    let instance = instance(&program(COUNTER));
    let (first, second, third) =
        (make(&instance, "make", 1), make(&instance, "make", 20), make(&instance, "make", 300));
    drop(first);
    drop(second);
    assert_eq!(number(&instance, "dropped", &[]).expect("a number"), 21);
    let ended = drive_on(&instance, instance.drop_resource(&third, CallOptions::default(), &Plainly));
    assert_eq!(ended.expect("dropped"), []);
    // A second time nothing is left to do.
    let ended = drive_on(&instance, instance.drop_resource(&third, CallOptions::default(), &Plainly));
    assert_eq!(ended.expect("nothing"), []);
    drop(third);
    assert_eq!(number(&instance, "dropped", &[]).expect("a number"), 321);
}

#[test]
fn a_call_that_is_refused_takes_nothing() {
    let instance = instance(&program(COUNTER));
    let counter = make(&instance, "make", 2);
    let error = call(&instance, "eat", &[with(&counter), Int(1)]).expect_err("too many");
    assert_eq!(error.kind, Kind::Type);
    // Handed over twice, or lent and handed over at once: the second is one too many.
    assert_eq!(call(&instance, "both", &[Int(1), with(&counter)]).expect_err("no resource").kind, Kind::Type);
    assert_eq!(call(&instance, "eat", &[with(&counter)]).expect("still there"), [Int(2)]);
}

#[test]
fn a_resource_of_another_type_or_instance_is_refused() {
    let (here, there) = (instance(&program(COUNTER)), instance(&program(COUNTER)));
    let (other, foreign) = (make(&here, "make-other", 1), make(&there, "make", 1));
    let error = call(&here, "value", &[with(&other)]).expect_err("another type");
    assert!(error.message.contains("a resource of type other"), "{error}");
    let error = call(&here, "value", &[with(&foreign)]).expect_err("another instance's");
    assert!(error.message.contains("of another instance"), "{error}");
    let step = here.drop_resource(&foreign, CallOptions::default(), &Plainly);
    assert_eq!(failed(step).kind, Kind::Type);
    assert_eq!(call(&there, "value", &[with(&foreign)]).expect("its own"), [Int(1)]);
    there.close();
    drop(foreign);
    assert_eq!(here.status(), Status::Idle);
}

#[test]
fn a_destructor_that_traps_ends_the_component() {
    let instance = instance(&program(
        &COUNTER.replace("(global.set $dropped (i32.add (global.get $dropped) (local.get 0)))", "unreachable"),
    ));
    drop(make(&instance, "make", 1));
    let error = number(&instance, "dropped", &[]).expect_err("a trap");
    assert_eq!((error.kind, error.code.as_deref()), (Kind::Trap, Some("unreachable")));
    assert_eq!(instance.status(), Status::Closed);
}

/// The host's resource: taken in, lent back, let go.
const HOSTED: &str = r#"
(component
  (import "host" (instance $h
    (export "file" (type $f (sub resource)))
    (export "open" (func (param "n" u32) (result (own $f))))
    (export "size" (func (param "f" (borrow $f)) (result u32)))
    (export "take" (func (param "f" (own $f))))))
  (alias export $h "file" (type $f))
  (core func $drop (canon resource.drop $f))
  (core func $open (canon lower (func $h "open")))
  (core func $size (canon lower (func $h "size")))
  (core func $take (canon lower (func $h "take")))
  (core module $m
    (import "" "drop" (func $drop (param i32)))
    (import "" "open" (func $open (param i32) (result i32)))
    (import "" "size" (func $size (param i32) (result i32)))
    (import "" "take" (func $take (param i32)))
    (global $f (mut i32) (i32.const 0))
    (func (export "open") (param i32) (global.set $f (call $open (local.get 0))))
    (func (export "size") (result i32) (call $size (global.get $f)))
    (func (export "let-go") (call $drop (global.get $f)))
    (func (export "give-up") (call $take (global.get $f)))
    (func (export "lent") (param i32) (result i32) (call $size (local.get 0)) (call $drop (local.get 0)))
    (func (export "same") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop)) (export "open" (func $open))
    (export "size" (func $size)) (export "take" (func $take))))))
  (func (export "open") (param "n" u32) (canon lift (core func $i "open")))
  (func (export "size") (result u32) (canon lift (core func $i "size")))
  (func (export "let-go") (canon lift (core func $i "let-go")))
  (func (export "give-up") (canon lift (core func $i "give-up")))
  (func (export "lent") (param "f" (borrow $f)) (result u32) (canon lift (core func $i "lent")))
  (func (export "same") (param "f" (own $f)) (result (own $f)) (canon lift (core func $i "same"))))"#;

/// The places of the host's functions: what hears of an end, then the others.
fn places(program: &Program) -> [usize; 4] {
    let Program::Component(component) = program else { panic!("no component") };
    ["[resource-drop]file", "open", "size", "take"].map(|name| {
        let found = component.imports().iter().position(|import| import.signature().path() == ["host", name]);
        found.unwrap_or_else(|| panic!("no import {name}"))
    })
}

#[test]
fn a_guest_holds_the_hosts_resource_and_lets_it_go() {
    let program = program(HOSTED);
    let instance = instance(&program);
    let [dropped, open, size, take] = places(&program);
    let token = Token::new(9);
    let run = |name: &str, values: &[Plain]| {
        let mut heard = Vec::new();
        let step = begin(&instance, name, values, CallOptions::default());
        let values = answering(&instance, step, |call| {
            heard.push((call.import, call.values.to_vec()));
            Some(if call.import == open { Plain::Token(&token) } else { Int(7) })
        });
        (values.expect("an end"), heard)
    };
    assert_eq!(run("open", &[Int(4)]), (vec![], vec![(open, vec![Int(4)])]));
    assert_eq!(token.held(), 1);
    // Lent: it is the guest's still.
    assert_eq!(run("size", &[]), (vec![Int(7)], vec![(size, vec![Plain::Seen(9)])]));
    assert_eq!(token.held(), 1);
    assert_eq!(run("let-go", &[]), (vec![], vec![(dropped, vec![Plain::Seen(9)])]));
    assert_eq!(token.held(), 0);
    run("open", &[Int(5)]);
    assert_eq!(run("give-up", &[]), (vec![], vec![(take, vec![Plain::Seen(9)])]));
    assert_eq!(token.held(), 0);
}

#[test]
fn the_hosts_resource_is_given_and_lent_to_exports() {
    let program = program(HOSTED);
    let instance = instance(&program);
    let [_, _, size, _] = places(&program);
    let token = Token::new(3);
    for _ in 0..3 {
        let step = begin(&instance, "lent", &[Plain::Token(&token)], CallOptions::default());
        let asked = host_call(&instance, step);
        assert_eq!((asked.import, asked.values.as_slice()), (size, [Plain::Seen(3)].as_slice()));
        assert_eq!(token.held(), 1);
        instance.reply(Int(1)).expect("taken");
        assert_eq!(drive(&instance).expect("an end"), [Int(1)]);
        assert_eq!(token.held(), 0, "lent for the call alone");
    }
    assert_eq!(call(&instance, "same", &[Plain::Token(&token)]).expect("it"), [Plain::Seen(3)]);
    assert_eq!(token.held(), 0);
    assert_eq!(call(&instance, "lent", &[Plain::Token(&token), Int(1)]).expect_err("too many").kind, Kind::Type);
    assert_eq!(token.held(), 0, "nothing is kept of a call that was refused");
}

#[test]
fn nobody_need_hear_of_a_resources_end() {
    let program = program(HOSTED);
    let [dropped, open, ..] = places(&program);
    let Program::Component(component) = &program else { panic!("no component") };
    assert!(component.imports()[dropped].is_optional() && !component.imports()[open].is_optional());
    let mut imports = HOST.to_vec();
    imports[dropped] = workbooks_engine::Given::Nothing;
    let instance = made(&program, &setup(&imports)).expect("made");
    let token = Token::new(1);
    let step = begin(&instance, "open", &[Int(1)], CallOptions::default());
    answering(&instance, step, |_| Some(Plain::Token(&token))).expect("opened");
    assert_eq!(token.held(), 1);
    assert_eq!(call(&instance, "let-go", &[]).expect("let go"), []);
    assert_eq!(token.held(), 0);
}

#[test]
fn an_instance_that_ends_holds_nothing_of_the_hosts() {
    let instance = instance(&program(HOSTED));
    let token = Token::new(1);
    let step = begin(&instance, "open", &[Int(1)], CallOptions::default());
    answering(&instance, step, |_| Some(Plain::Token(&token))).expect("opened");
    assert_eq!(token.held(), 1);
    instance.close();
    assert_eq!(token.held(), 0, "a resource that held its instance would keep it for good");
}
