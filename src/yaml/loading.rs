//! Tests of what PyYAML doesn't know: origins, trust, Ansible's tags, limits, warnings.

use std::path::Path;

use adept_wire::{Trust, Value};

use super::error::YamlError;
use super::loader::{load, load_file, load_one, parse_inline};
use super::scalar::scalar;
use crate::diag::Diagnostic;

fn one(text: &str) -> Value {
    load_one(text, "t.yml", Trust::Template).unwrap().0
}

fn at(value: &Value) -> String {
    value.origin().unwrap().to_string()
}

#[test]
fn every_value_and_text_key_knows_where_it_was_written() {
    let v = one("- name: é x\n  é: {a: 'b', c: [1]}\n  n:\n-\n  - !unsafe z\n");
    let items = v.as_list().unwrap();
    assert_eq!(at(&v), "t.yml:1:1");
    let map = items[0].as_map().unwrap();
    let places: Vec<_> = map.iter().map(|(k, v)| (k.origin().unwrap().to_string(), at(v))).collect();
    let expected = [("t.yml:1:3", "t.yml:1:9"), ("t.yml:2:3", "t.yml:2:6"), ("t.yml:3:3", "t.yml:3:5")];
    assert_eq!(places, expected.map(|(k, v)| (k.to_string(), v.to_string())));
    assert_eq!(at(&items[0].get("é").unwrap().get("c").unwrap().as_list().unwrap()[0]), "t.yml:2:19");
    assert_eq!(at(&items[1].as_list().unwrap()[0]), "t.yml:5:5");
    // A byte order mark is no column.
    assert_eq!(at(&one("\u{feff}a")), "t.yml:1:1");
    assert_eq!(at(&one("")), "t.yml:1:1");
}

#[test]
fn one_file_name_is_shared() {
    let v = one("[a, b]");
    let [a, b] = v.as_list().unwrap() else { panic!() };
    assert!(std::sync::Arc::ptr_eq(&a.origin().unwrap().file, &b.origin().unwrap().file));
}

#[test]
fn utf_16_is_read() {
    let bytes: Vec<u8> = "\u{feff}é: x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (v, _) = load_one(&bytes, "t.yml", Trust::Template).unwrap();
    assert_eq!(v.get("é").and_then(Value::as_str), Some("x"));
    assert_eq!(at(&v), "t.yml:1:1");
}

#[test]
fn what_is_no_text_is_said_with_its_place() {
    let error = load_one(b"a: 1\nb: \xc3\xa9\xff\n", "t.yml", Trust::Template).unwrap_err();
    assert_eq!(error.to_string(), "this is no UTF-8 text");
    assert_eq!(error.place().unwrap().origin.to_string(), "t.yml:2:5");
}

#[test]
fn trust_is_what_the_caller_says() {
    let text = "a: [x, {b: y}]";
    for trust in [Trust::Template, Trust::Data] {
        let (v, _) = load_one(text, "t.yml", trust).unwrap();
        let items = v.get("a").unwrap().as_list().unwrap();
        assert_eq!((items[0].trust(), items[1].get("b").unwrap().trust()), (trust, trust));
    }
    assert_eq!(parse_inline(text).unwrap().get("a").unwrap().trust(), Trust::Data);
    assert!(parse_inline(text).unwrap().tag().is_none());
}

#[test]
fn unsafe_is_never_rendered_however_deep_and_keeps_its_kind() {
    let v = one("x: &x '{{ a }}'\nu: !unsafe {a: [12, '12', '{{ b }}', *x]}\nn: !unsafe 12\nt: *x\n");
    let items = v.get("u").unwrap().get("a").unwrap().as_list().unwrap();
    assert!(items.iter().all(|i| i.trust() == Trust::Data));
    assert_eq!(items.iter().map(Value::type_name).collect::<Vec<_>>(), ["int", "str", "str", "str"]);
    // Recorded from ansible-core 2.19.14 (2.18 gives text).
    assert_eq!(v.get("n").unwrap().as_i64(), Some(12));
    assert_eq!(v.get("t").unwrap().trust(), Trust::Template);
    assert_eq!(at(&items[3]), "t.yml:1:4");
}

#[test]
fn what_was_unsafe_stays_so_where_it_is_merged() {
    let v = one("x: &x !unsafe {a: '{{ b }}'}\ny: {<<: *x, c: d}\n");
    assert_eq!(v.get("y").unwrap().get("a").unwrap().trust(), Trust::Data);
    assert_eq!(v.get("y").unwrap().get("c").unwrap().trust(), Trust::Template);
}

#[test]
fn vault_text_is_kept() {
    for tag in ["!vault", "!vault-encrypted"] {
        let v = one(&format!("a: {tag} |\n  $ANSIBLE_VAULT;1.1;AES256\n  3361\n"));
        assert_eq!(v.get("a").unwrap().trust(), Trust::Vault);
        assert_eq!(v.get("a").unwrap().as_str(), Some("$ANSIBLE_VAULT;1.1;AES256\n3361\n"));
    }
    assert!(matches!(load("!vault [a]", "t.yml", Trust::Template), Err(YamlError::Kind { .. })));
}

#[test]
fn a_set_is_a_list_as_in_ansible() {
    // Recorded from ansible-core 2.19.14, but for the order, which is Python's hashing there.
    assert_eq!(one("!!set {b, a}"), Value::from(vec!["b", "a"]));
}

#[test]
fn equal_keys_are_warned_of_once_each_and_the_last_one_counts() {
    let (v, warnings) = load_one("a: 1\nb: 2\na: 3\na: 4\n", "no-such.yml", Trust::Template).unwrap();
    assert_eq!(v.get("a").unwrap().as_i64(), Some(4));
    assert_eq!(
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "the key 'a' is given twice in this map; the last one counts\n  --> no-such.yml:3:1\n   = first given at no-such.yml:1:1",
            "the key 'a' is given twice in this map; the last one counts\n  --> no-such.yml:4:1\n   = first given at no-such.yml:3:1",
        ]
    );
    let (key, _) = v.as_map().unwrap().get_key_value("a").unwrap();
    assert_eq!(key.origin().unwrap().line, 4);
    // What is merged is meant to be overridden.
    assert!(load_one("x: &x {a: 1}\ny: {<<: *x, a: 2}\n", "t.yml", Trust::Template).unwrap().1.is_empty());
}

#[test]
fn documents() {
    assert_eq!(load("a\n---\nb\n", "t.yml", Trust::Data).unwrap().documents, vec![Value::from("a"), Value::from("b")]);
    assert_eq!(one(""), Value::NULL);
    let error = load_one("a\n---\nb\n", "t.yml", Trust::Data).unwrap_err();
    assert_eq!(error.place().unwrap().origin.to_string(), "t.yml:2:1");
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let deep = |n: usize| load("[".repeat(n) + &"]".repeat(n), "t.yml", Trust::Data);
    assert!(deep(150).is_ok());
    assert!(matches!(deep(100_000), Err(YamlError::TooDeep { .. })));
    let chain: String = (1..1000).map(|i| format!("- &a{i} [*a{}]\n", i - 1)).collect();
    assert!(matches!(load(format!("- &a0 []\n{chain}"), "t.yml", Trust::Data), Err(YamlError::TooDeep { .. })));
}

#[test]
fn a_billion_laughs_is_an_error() {
    let lines: String =
        (1..30).map(|i| format!("- &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", "))).collect();
    assert!(matches!(load(format!("- &a0 x\n{lines}"), "t.yml", Trust::Data), Err(YamlError::TooLarge { .. })));
}

#[test]
fn what_the_parser_panics_on_is_an_error() {
    let error = load_one("a: [!x,b]", "t.yml", Trust::Template).unwrap_err();
    assert_eq!(error.to_string(), "a tag without a value can't be read here");
    assert_eq!(error.place().unwrap().origin.to_string(), "t.yml:1:5");
}

#[test]
fn plain_text_as_a_scalar() {
    assert_eq!(scalar("yes").as_bool(), Some(true));
    assert_eq!(scalar("0644").as_i64(), Some(420));
    assert_eq!(scalar("2001-13-41").as_str(), Some("2001-13-41"));
    assert_eq!(scalar("{a: 1}").as_str(), Some("{a: 1}"));
}

#[test]
fn a_file_and_what_can_be_wrong_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.yml");
    std::fs::write(&path, "- hosts: all\n  tasks:\n    - debug: {{ x }}\n").unwrap();
    let error = load_file(&path, Trust::Template).unwrap_err();
    let text = Diagnostic::from(error).to_string().replace(&*dir.path().to_string_lossy(), "");
    assert_eq!(
        text,
        "a value that starts with '{{' must be quoted\n  --> /site.yml:3:14\n   |\n 3 |     - debug: {{ x }}\n   |              ^^^^^^^\n   = hint: write: - debug: \"{{ x }}\""
    );
    assert!(matches!(load_file(dir.path(), Trust::Template), Err(YamlError::Read { .. })));
    assert!(matches!(load_file(Path::new("/no/such.yml"), Trust::Template), Err(YamlError::Read { .. })));
    // Text that is in no file is shown with the error.
    let error = parse_inline("{a: b: c}").unwrap_err();
    assert!(Diagnostic::from(error).to_string().contains("in: {a: b: c}"));
}
