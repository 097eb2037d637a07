//! Whatever is serialised comes back equal, and never with a tag.

use std::sync::Arc;

use adept_wire::{BigInt, Data, Date, Key, Map, Origin, Run, Tag, Time, Trust, Value, frame};
use proptest::prelude::*;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::NULL),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("NaN is unequal to itself", |f| !f.is_nan()).prop_map(Value::from),
        ".*".prop_map(Value::from),
        any::<u128>().prop_map(|n| Value::big_int(BigInt::from(n))),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(Value::bytes),
        (1i32..9999, 1u8..12, 1u8..28, any::<bool>()).prop_map(|(year, month, day, timed)| {
            let time = timed.then_some(Time { hour: 1, minute: 2, second: 3, micro: 4, offset: Some(-3600) });
            Value::new(Data::Date(Arc::new(Date { year, month, day, time })))
        }),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 30, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::list),
            proptest::collection::vec((scalar(), inner), 0..5).prop_map(|entries| {
                Value::map(entries.into_iter().filter_map(|(k, v)| Some((Key::try_from(&k).ok()?, v))).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_comes_back_equal(v in value()) {
        let run = Run { id: 7, module: "copy".into(), args: adept_wire::map! { "v" => v }, ..Run::default() };
        let bytes = frame::encode(&run).unwrap();
        let back: Run = frame::read(&mut bytes.as_slice()).unwrap().unwrap();
        prop_assert_eq!(back, run);
    }

    #[test]
    fn bytes_that_are_no_frame_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = frame::read::<Run>(&mut bytes.as_slice());
    }
}

#[test]
fn a_tag_is_never_serialised() {
    let tag = Tag { origin: Some(Origin { file: "a".into(), line: 1, column: 2 }), trust: Trust::Template };
    let v = Value::str("{{ x }}").with_tag(Arc::new(tag));
    let back: Value = frame::decode(&frame::encode(&v).unwrap()[4..]).unwrap();
    assert_eq!(back, v);
    assert_eq!(back.trust(), Trust::Data);
    assert!(back.origin().is_none());
}

#[test]
fn keys_compare_as_in_python() {
    let mut map = Map::new();
    map.insert(Key::from(1), Value::from("int"));
    map.insert(Key::try_from(&Value::from(true)).unwrap(), Value::from("bool"));
    map.insert(Key::try_from(&Value::from(1.0)).unwrap(), Value::from("float"));
    map.insert(Key::from("1"), Value::from("text"));
    assert_eq!(map.len(), 2);
    assert_eq!(map.get("1"), Some(&Value::from("text")));
    assert_eq!(map.get(&Key::from(1)), Some(&Value::from("float")));
}

#[test]
fn numbers_compare_by_value() {
    assert_eq!(Value::from(1), Value::from(1.0));
    assert_eq!(Value::from(true), Value::from(1));
    assert_ne!(Value::from((1i64 << 53) + 1), Value::from(9_007_199_254_740_992.0));
    assert_ne!(Value::from("1"), Value::from(1));
}
