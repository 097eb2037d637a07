//! Tests against what PyYAML 6 gave (`testdata/record.py`), and properties of any text and value.

use std::sync::Arc;

use adept_wire::{BigInt, Data, Key, Map, Trust, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::dump::{DumpOptions, FlowStyle, dump};
use super::loader::load;
use super::scalar::Kind;

/// A value as `record.py` writes it.
fn plain(value: &Value) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(b) => json!(b),
        Data::Int(i) => json!(i),
        Data::BigInt(i) => json!({"int": i.to_string()}),
        Data::Float(f) if f.is_nan() => json!({"float": "nan"}),
        Data::Float(f) => json!({"float": format!("{:016x}", f.to_bits())}),
        Data::Str(s) => json!(&**s),
        Data::Bytes(b) => json!({"bytes": b.iter().map(|b| format!("{b:02x}")).collect::<String>()}),
        Data::Date(d) => json!({"date": d.to_string()}),
        Data::List(items) => items.iter().map(plain).collect(),
        Data::Map(map) => {
            json!({"map": map.iter().map(|(k, v)| json!([plain(&k.to_value()), plain(v)])).collect::<Vec<_>>()})
        }
    }
}

/// The value that `record.py` wrote.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::NULL,
        Json::Bool(b) => (*b).into(),
        Json::Number(n) => n.as_i64().unwrap().into(),
        Json::String(s) => s.as_str().into(),
        Json::Array(items) => Value::list(items.iter().map(value).collect()),
        Json::Object(one) => {
            let (kind, content) = one.iter().next().unwrap();
            let text = content.as_str().unwrap_or_default();
            match kind.as_str() {
                "int" => Value::big_int(text.parse::<BigInt>().unwrap()),
                "float" if text == "nan" => f64::NAN.into(),
                "float" => f64::from_bits(u64::from_str_radix(text, 16).unwrap()).into(),
                "bytes" => Value::bytes(
                    (0..text.len())
                        .step_by(2)
                        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
                        .collect::<Vec<_>>(),
                ),
                "date" => Value::new(Kind::Timestamp.construct(text).unwrap()),
                "map" => {
                    let mut map = Map::new();
                    for pair in content.as_array().unwrap() {
                        map.insert(Key::try_from(&value(&pair[0])).unwrap(), value(&pair[1]));
                    }
                    Value::map(map)
                }
                other => panic!("unknown kind {other}"),
            }
        }
    }
}

fn cases(text: &str) -> Vec<Json> {
    serde_json::from_str(text).unwrap()
}

/// Fails with the first differences.
fn check(what: &str, total: usize, differences: Vec<String>) {
    assert!(total > 100, "only {total} cases of {what}");
    let shown = differences.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {total} cases of {what} differ:\n{shown}", differences.len());
}

#[test]
fn scalars_are_what_pyyaml_makes_of_them() {
    let cases = cases(include_str!("testdata/scalars.json"));
    let mut differences = Vec::new();
    for case in &cases {
        let text = case[0].as_str().unwrap();
        let kind = Kind::of_plain(text);
        let (name, data) = match kind {
            Kind::Null => ("null", kind.construct(text)),
            Kind::Bool => ("bool", kind.construct(text)),
            Kind::Int => ("int", kind.construct(text)),
            Kind::Float => ("float", kind.construct(text)),
            Kind::Timestamp => ("timestamp", kind.construct(text)),
            Kind::Merge => ("merge", Some(Data::Null)),
            Kind::Default => ("value", Some(Data::Null)),
            // A scalar can't begin with these; the emitter quotes them for that.
            Kind::Str if matches!(text, "!" | "&" | "*") => ("yaml", Some(Data::Null)),
            Kind::Str => ("str", kind.construct(text)),
        };
        let data = data.map_or(json!({"error": true}), |d| plain(&Value::new(d)));
        if json!([text, name, data]) != *case {
            differences.push(format!("{case} but we {name} {data}"));
        }
    }
    check("scalars", cases.len(), differences);
}

#[test]
fn text_loads_as_with_pyyaml() {
    let cases = cases(include_str!("testdata/load.json"));
    let mut differences = Vec::new();
    for case in &cases {
        let text = case["text"].as_str().unwrap();
        let ours = match load(text, "t.yml", Trust::Template) {
            Ok(loaded) => Ok(loaded.documents.iter().map(plain).collect::<Json>()),
            Err(e) => Err(e),
        };
        let same = match (&ours, case.get("documents")) {
            (Ok(ours), Some(documents)) => ours == documents,
            (Err(_), None) => true,
            _ => false,
        };
        if !same {
            differences.push(format!("{case}\n   but we {ours:?}"));
        }
    }
    check("texts", cases.len(), differences);
}

fn options(json: &Json) -> DumpOptions {
    let mut options = DumpOptions::default();
    for (name, v) in json.as_object().unwrap() {
        match name.as_str() {
            "indent" => options.indent = v.as_i64().unwrap() as i32,
            "width" => options.width = v.as_i64().unwrap() as i32,
            "sort_keys" => options.sort_keys = v.as_bool().unwrap(),
            "default_flow_style" => {
                options.default_flow_style = match v {
                    Json::Null => FlowStyle::Leaves,
                    Json::Bool(true) => FlowStyle::Flow,
                    _ => FlowStyle::Block,
                }
            }
            "default_style" => options.default_style = v.as_str().unwrap().chars().next(),
            "explicit_start" => options.explicit_start = v.as_bool().unwrap(),
            "explicit_end" => options.explicit_end = v.as_bool().unwrap(),
            "allow_unicode" => options.allow_unicode = v.as_bool().unwrap(),
            other => panic!("unknown option {other}"),
        }
    }
    options
}

#[test]
fn values_dump_to_the_bytes_of_pyyaml() {
    let cases = cases(include_str!("testdata/dump.json"));
    let mut differences = Vec::new();
    for case in &cases {
        let ours = dump(&value(&case["value"]), &options(&case["options"]));
        if case["text"] != ours {
            differences.push(format!(
                "{} {}\n    {}\n  ≠ {}",
                case["value"],
                case["options"],
                case["text"],
                json!(ours)
            ));
        }
    }
    check("dumps", cases.len(), differences);
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![".*", "[a-z :#\\-'\"\n]{0,40}", "[0-9._:+-]{1,10}", "(word ){15,30}"];
    let leaf = prop_oneof![
        Just(Value::NULL),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i128>().prop_map(|i| Value::big_int(i.into())),
        // NaN isn't equal to itself.
        any::<f64>().prop_filter("NaN", |f| !f.is_nan()).prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..90).prop_map(Value::bytes),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::list),
            proptest::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|entries| Value::map(entries.into_iter().map(|(k, v)| (Key::from(k), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn loading_never_panics(text in prop_oneof![".*", "[a-c:\\-\\[\\]{},&*!|>'\"#%@`\\? \n\t<]{0,60}", "([ \t]{0,4}(- |a: |b:|\\{\\{ x \\}\\}|'|\"|x|\\[|&a |\\*a|<<: |!unsafe )*\n){0,8}"]) {
        if let Err(e) = load(&text, "t.yml", Trust::Template) {
            let _ = crate::diag::Diagnostic::from(e).to_string();
        }
    }

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = load(&bytes, "t.yml", Trust::Data);
    }

    #[test]
    fn what_is_dumped_loads_as_it_was(v in any_value(), indent in 2..9, width in prop_oneof![Just(80), Just(-1), 20..100], nice in any::<bool>(), unicode in any::<bool>()) {
        let flow = if nice { FlowStyle::Block } else { FlowStyle::Leaves };
        let text = dump(&v, &DumpOptions { indent, width, default_flow_style: flow, allow_unicode: unicode, ..DumpOptions::default() });
        let loaded = load(&text, "t.yml", Trust::Data).map_err(|e| TestCaseError::fail(format!("{e}: {text}")))?;
        prop_assert_eq!(plain_sorted(&loaded.documents[0]), plain_sorted(&v), "{}", text);
    }
}

/// Without regard to the order of keys, which dumping sorts.
fn plain_sorted(value: &Value) -> Json {
    match &value.data {
        Data::Map(map) => {
            let mut entries: Vec<_> =
                map.iter().map(|(k, v)| (plain(&k.to_value()).to_string(), plain_sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            json!(entries)
        }
        Data::List(items) => items.iter().map(plain_sorted).collect(),
        _ => plain(value),
    }
}

#[test]
fn shared_values_become_aliases_where_asked_for() {
    let shared = Value::list(vec![1.into(), 2.into()]);
    let v = Value::map(adept_wire::map! { "b" => shared.clone(), "a" => shared.clone(), "c" => vec![shared] });
    let options = DumpOptions { aliases: true, ..DumpOptions::to_yaml() };
    // Recorded from ansible-core 2.19.14: {'b': l, 'a': l, 'c': [l]} | to_yaml
    assert_eq!(dump(&v, &options), "a: &id001 [1, 2]\nb: *id001\nc:\n- *id001\n");
    assert_eq!(dump(&v, &DumpOptions::to_yaml()), "a: [1, 2]\nb: [1, 2]\nc:\n- [1, 2]\n");
}

#[test]
fn vault_text_keeps_its_tag() {
    let (v, _) =
        super::load_one("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6161\n", "t.yml", Trust::Template).unwrap();
    assert_eq!(v.get("a").unwrap().trust(), Trust::Vault);
    assert_eq!(dump(&v, &DumpOptions::to_nice_yaml()), "a: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    6161\n");
    let same = Arc::new(v);
    assert_eq!(same.get("a").and_then(Value::as_str), Some("$ANSIBLE_VAULT;1.1;AES256\n6161\n"));
}
