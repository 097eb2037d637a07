#!/usr/bin/env python3
"""Records what PyYAML 6 makes of text and of values, for the tests of src/yaml: scalars.json, load.json, dump.json.

Run it with a Python that has PyYAML 6 with libyaml. The cases are written here; only their outcomes are recorded.
Values are written as JSON: text, numbers of 64 bits, true, false, null and lists as they are, everything else as an object
with one key: {"map": [[key, value], ..]}, {"float": bits as hex}, {"int": digits}, {"date": str()}, {"bytes": hex}.
"""
import datetime, json, os, random, struct, sys
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
assert yaml.__version__.startswith('6.') and yaml.__with_libyaml__
random.seed(4)


def plain(v):
    if v is None or isinstance(v, (bool, str)):
        return v
    if isinstance(v, int):
        return v if -2**63 <= v < 2**63 else {'int': str(v)}
    if isinstance(v, float):
        return {'float': 'nan' if v != v else struct.pack('>d', v).hex()}
    if isinstance(v, bytes):
        return {'bytes': v.hex()}
    if isinstance(v, (datetime.date, datetime.datetime)):
        return {'date': str(v)}
    if isinstance(v, (list, tuple)):
        return [plain(i) for i in v]
    if isinstance(v, dict):
        return {'map': [[plain(k), plain(i)] for k, i in v.items()]}
    raise TypeError(v)


def write(name, cases):
    with open(os.path.join(HERE, name), 'w') as f:
        f.write('[\n' + ',\n'.join(json.dumps(c, ensure_ascii=True) for c in cases) + '\n]\n')
    print(name, len(cases))


# Scalars ------------------------------------------------------------------------------------------------------------

WORDS = '''~ null Null NULL nULL y Y n N yes Yes YES yEs no No NO on On ON oN off Off OFF true True TRUE tRue false False FALSE
0 -0 +0 1 -1 +1 12 0644 0755 00 01 08 09 0o14 -0644 +07 0_7 0x1F 0xff -0xff 0x_f 0X1F 0b101 -0b1 0b1_0 0b2 0b 0x 1_000 1__0 _1 1_ 10_
9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 123456789012345678901234567890 0xffffffffffffffffffff
190:20:30 1:30 60:00 1:60 0:30 08:30 12:30:45 -1:30 1:2:3:4:5:6:7:8:9:10:11:12 22:22 22:2 1:2:60 10:00:00 190:20:30.15 1:30.5 -1:30.5 1:60.5 0:0.5 1:1.
1. 1.0 -1.5 +1.5 .5 -.5 +.5 1e5 1e+5 1.e+5 1.0e5 1.0e+5 1.5E-3 1.5e-400 1.5e+400 0.1 00.5 1_0.5_0 1._ ._ . .. ... .1_ 1.2.3 1.0.0 127.0.0.1 .inf -.inf +.inf
.Inf .INF .iNF .nan .NaN .NAN .Nan -.nan inf nan 685.230_15e+03 6.8523015e+5 0.30000000000000004 1e400 4.9e-324 3.14159265358979
2001-12-14 2001-1-1 2001-12-1 2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43Z 2001-12-14T1:02:03 2001-12-15T2:59:43.1
2001-12-14t21:59:43.1234567+5 2001-12-14t21:59:43+05:30 2001-12-14T21:59 0001-01-01 9999-12-31 2000-02-29 1999-02-28
= < << <<< ! & * - -- + ++ : a:b /etc/passwd 10.0.0.1/24 00:11:22:33:44:55 v1.2 1.2-3 2020-01 20-01-01 0.0.0 1,000 %s $x x=1 ? ?x "x'''.split()
WORDS += ['', '2001-12-14 21:59:43.10 -5', '2001-12-14 21:59:43', '2001-12-14  21:59:43.001 Z', '2001-12-14 21:59:43+01:00', '1 2', 'a b', '2001-12-14 ',
          '2001-12-14\t21:59:43', 'yes no', '\u00e4', '\u0663', '1\u0663', 'null ', ' null', '1 ', '0 ']
ALPHABETS = ['0123456789_', '01_b-', '07_x-+aF', '019:5.', '0123456789._eE+-', '.infINFa-+', '0-1:T ']


def resolve(text):
    loader = yaml.SafeLoader('')
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    kind = tag.rsplit(':')[-1]
    if kind in ('merge', 'value', 'yaml'):
        return kind, None
    try:
        return kind, plain(loader.construct_object(yaml.ScalarNode(tag, text)))
    except Exception:
        return kind, {'error': True}


texts = list(dict.fromkeys(WORDS))
text_count = 0
for _ in range(40000):
    text = ''.join(random.choice(random.choice(ALPHABETS[:1] + ALPHABETS)) if random.random() < .1 else random.choice(a)
                   for a in [random.choice(ALPHABETS)] for _ in range(random.randint(1, 9)))
    if text in texts:
        continue
    is_text = resolve(text)[0] == 'str'
    if is_text and (text_count > 600 or random.random() > .1):
        continue
    text_count += is_text
    texts.append(text)
    if len(texts) > 2200:
        break
write('scalars.json', [[t, *resolve(t)] for t in texts])

# Loading ------------------------------------------------------------------------------------------------------------

LOAD = [
    '', '\n', '# only a comment\n', '---\n', '--- \n---\n', '---\n...\n', 'a', 'a: 1', '- a\n- b\n', '---\na: 1\n---\nb: 2\n...\n', '%YAML 1.1\n---\na: 1\n',
    'a:\nb:\n', '{a, b: 1, c: [x, y: z]}', '[a, [b, {c: d}], "e"]', "a: 'it''s'\nb: \"x\\ty\\u00e9\\x41\"\n", 'a: |\n  x\n  y\n', 'a: |-\n  x\n  y\n', 'a: |+\n  x\n\n\nb: 1\n',
    'a: >\n  x\n  y\n\n  z\n', 'a: >-\n  x\n    y\n  z\n', 'a: |2\n   x\n  y\n', 'a: x\n  y\n  z\n', "a: 'x\n  y\n\n  z'\n", 'a: "x \\\n  y"\n', '? a\n: b\n? c\n', '"a": 1\n\'b\': 2\n',
    # keys
    '1: a\n1.5: b\ntrue: c\n~: d\n2001-12-14: e\n', 'a: 1\na: 2\n', '1: a\ntrue: b\n', '1: a\n1.0: b\n', 'yes: a\n"yes": b\n', 'a: 1\nb: 2\na: 3\nc: 4\n', '=: a\nb: 1\n', '"<<": 1\n', "'=': 1\n", '"": 1\n',
    # merges
    'x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n  c: 4\n', 'x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz:\n  <<: [*x, *y]\n  c: 3\n', 'x: &x {a: 1}\nz:\n  c: 1\n  <<: *x\n  a: 5\n',
    '- &a {x: 1}\n- &b {<<: *a, y: 2}\n- {<<: *b, z: 3, x: 9}\n', '- &a {x: 1}\n- &b {x: 2, y: 2}\n- <<: *a\n  <<: *b\n', '<<: {a: 1}\n', '<<: [{a: 1}, {b: 2}]\na: 0\n', '<<: []\na: 1\n', '<<: {}\n',
    '!!merge <<: {a: 1}\n', "'<<': {a: 1}\n", '? <<\n: {a: 1}\n', '- <<\n',
    # anchors
    '- &a x\n- *a\n- *a\n', '&k a: 1\nb: *k\n', 'a: &l [1, 2]\nb: *l\nc: [*l, *l]\n', 'a: &e\nb: *e\n', '- &a [1]\n- {*a : 1}\n', '- &k x\n- {*k : 1}\n', '&r [1, 2]\n', 'a: &x1-y_z 1\nb: *x1-y_z\n',
    'a: &x 1\n---\nb: *x\n', 'a: &x 1\nb: &x 2\n', 'a: *nope\n', '&a 1: &b 2\n',
    # tags
    '!!str 12', '!!str yes', '!!str', '!!int "12"', '!!int 0644', '!!int x', "!!float '1'", '!!float 1e5', '!!float x', '!!bool "yes"', '!!bool YeS', '!!bool x', '!!null x', '!!null ""', '!!binary aGVsbG8=',
    '!!binary |\n  R0lGODlhDAAMAIQAAP//9/X17unp5WZmZgAAAOfn515eXvPz7Y6OjuDg4J+fn5\n  OTk6enp56enmlpaWNjY6Ojo4SEhP/++f==\n', '!!binary a', '!!binary ab', '!!binary abc', '!!binary a=bc', '!!binary ""', '!!binary a-b_c=',
    '!!timestamp 2001-12-14', '!!timestamp "2001-12-14 21:59:43"', '!!timestamp 2001-1-1', '!!timestamp x', '2001-13-45', '2001-02-30', '!!seq [a]', '!!map {a: 1}', '!!seq {a: 1}', '!!map [a]', '!!str [a]', '!!int {a: 1}',
    '!!omap [a: 1, b: 2]', '!!pairs [a: 1, a: 2]', '!!omap [a]', '!!omap {a: 1}', '!!pairs [{a: 1, b: 2}]', '! 12', '! "12"', '! [a]', '! {a: 1}', '!foo bar', '!foo [a]', '!!python/object:os.system {}', '!!python/tuple [1]',
    '!<tag:yaml.org,2002:str> 12', '%TAG !e! tag:yaml.org,2002:\n---\n!e!int "5"\n', '!!unknown x', 'a: !\n', '!!set x', '!!map x', '!!seq x', '!!binary [a]',
    # indentation, comments, oddities
    'a:\n- 1\n- 2\nb:\n  - 3\n', '- - 1\n  - 2\n- - 3\n', '- a: 1\n  b: 2\n-\n  c: 3\n', 'a: 1 # comment\nb: x#y\nc: "#z"\n', '# a\na: 1\n  # b\nb: 2\n', 'a:   1\nb  : 2\n', 'a: -1\nb: - 1\n', 'a: x: y\n', 'a: [1, 2,]\n', 'a: [,]\n', '{a: 1,}',
    'a: {b}\n', 'a: {b:1}\n', '{"a":1,"b":[true,null]}', '[a,b]', '{a:1}', 'http://x:80/y: 1\n', 'a: http://x:80/y\n', '- -1\n- - 1\n- --\n', 'a: "\\/"\n', 'a: "\\q"\n', 'a:\t1\n', 'a:\n\tb: 1\n', '\ta: 1\n', 'a: x\ty\n', '-\ta\n',
    'a: %x\n', 'a: @x\n', 'a: `x`\n', 'a: x@y\n', 'a: x % y\n', 'a: !\n', 'a: &x\n', 'a: |\n', 'a: >\n', 'a: ""\n', "a: ''\n", '...\n', '--- a\n', '--- |\n  a\n', '--- # c\n', 'a: b\n...\nc: d\n', 'a\n---\nb\n',
    '\ufeffa: 1\n', 'a: \u00e9\u2603\U0001f600\n', 'a: "\\U0001F600 \\u2028 \\_ \\N \\L \\P \\e \\0 \\a \\b \\v"\n', 'a: \u0085 b\n', 'a: \u2028 b\n', 'a: x\r\nb: y\r\n', 'a: x\rb: y\r', 'a: \x07\n', 'a: "\x7f"\n', 'a: \ufffe\n', 'a: \ufeff x\n',
    'a: {{ x }}\n', 'a: {{ x }}/y\n', '- {{ x }}\n', 'a: "{{ x }}"\n', "a: '{{ x }}'\n", 'a: foo {{ x }}\n', 'a: {% if x %}\n', '{{ x }}: 1\n', '? [a]\n: 1\n', '? {a: 1}\n: 1\n',
    'a: 1\nb:2\nc: 3\n', '- hosts:all\n  tasks: []\n', 'a: 1\n  b: 2\n', 'a:\n  b: 1\n c: 2\n', '- a: 1\nb: 2\n', 'a: 1\n- b\n', 'a: "foo\nb: 1\n', "a: 'it's'\n", 'a: [1, 2\nb: 3\n', 'a: *.example.com\n', '-a: 1\n- b: 2\n', 'a:\n  -b\n  -c\n',
    '- name: x\n  shell: >\n    echo a\n    && echo b\n  when: a == "b"\n', '- shell: |\n    if x; then\n      y\n    fi\n\n  args:\n    chdir: /\n', 'mode: 0644\nmode2: "0644"\nport: 8080\nver: 1.10\ntime: 12:30:45\nmac: 00:11:22:33:44:55\nno: no\n',
    'long: a\n  b\n\n  c\n', 'a: b: c\n', "- 'a': b\n", '- "a" : b\n', '{"a": "b"}', '[{a: b}, {c: d}]', '[a: b, c: d]', 'a: [b: c, d]', 'a: [ ? b : c ]', '[? a, b]', '{? a, ? b : c}', '{a: , b: }', '{: 1}', '[: 1]', ': 1', '? \n: 1', '- ? a\n  : b\n',
]


def load(text):
    out = {}
    for name, loader in (('c', yaml.CSafeLoader), ('py', yaml.SafeLoader)):
        try:
            out[name] = {'documents': [plain(d) for d in yaml.load_all(text, loader)]}
        except Exception as e:
            out[name] = {'error': type(e).__name__}
    # Ansible uses libyaml where it is there; where the two differ, libyaml is recorded.
    return out['c']


write('load.json', [{'text': t, **load(t)} for t in dict.fromkeys(LOAD)])

# Dumping ------------------------------------------------------------------------------------------------------------

TEXTS = ['', ' ', 'a', ' a', 'a ', 'a b', 'yes', 'no', 'on', 'null', '~', 'true', '1', '1.5', '0644', '0x1f', '1e5', '1.0e+5', '.inf', '2001-12-14', '2001-12-14 21:59:43', '12:30', '12:30:45', '<<', '=', '!', '!a', '&a', '*a', '-', '- a', '--', '---',
         '--- a', '...', '?', '? a', '?a', ':', ': a', ':a', 'a:', 'a: b', 'a:b', 'a :b', '#', '# a', 'a#b', 'a #b', ',', 'a,b', 'a, b', '[', '[a]', '{', '{a}', '}', ']', '|', '|a', '>', '> a', "'", "''", "it's", '"', '"a"', 'say "x"', '\'a\' "b"', '%', '%a', '@a', '`a`', '\\', 'a\\b', 'C:\\x',
         '{{ x }}', '{{ x }}/y', 'x {{ y }}', '{% if x %}a{% endif %}', '\n', '\n\n', 'a\n', 'a\nb', 'a\nb\n', 'a\n\nb\n', '\na', ' a\n', 'a\n b\n', 'a \nb\n', 'a\tb', '\t', '\ta', 'a\t', 'a\r\nb', '\r', 'a\x00b', '\x07', '\x1b[0m', '\x7f', '\x85', '\xa0', 'a\xa0b', '\u00e9', '\u2028', 'a\u2028b', '\u2603', '\ufeff', '\ufffd', '\U0001f600', '\u200b', '\ud7ff', '\ue000',
         'word ' * 30, ('word ' * 30).strip(), 'x' * 100, 'x' * 50 + ' ' + 'y' * 50, "it's " * 30, 'a: b ' * 30, '\u00e9t\u00e9 ' * 40, 'line one is long ' * 8 + '\n' + 'and two ' * 20, '\t' + 'word ' * 30, '"q" \\ ' * 20 + '\x07', 'a  b  c  ' * 20, ' lead ' * 20,
         '#!/bin/sh\nset -e\necho "x"\n', 'key=value\nother = "x y"\n', '- a\n- b\n', 'http://example.com:80/a?b=c#d', '/etc/passwd', 'user@host', 'a=b', '0', '-1', '1_000', '1,000', 'NaN', '.5', '-.5', 'None', 'y', 'n', 'Y', 'é: b', '1.2.3', '10.0.0.1', '00:11:22:33:44:55', '+1', '1e', '0b1', 'o', '-a', '-1a', '?\n', 'a?', 'a:\n']
VALUES = [None, True, False, 0, 1, -1, 2**40, 2**70, -2**70, 0.0, -0.0, 1.0, 1.5, 0.1, 1e15, 1e16, 1e17, 1.5e300, 1e-4, 1e-5, 1.5e-7, 123456789.125, 1e22, float('inf'), float('-inf'), float('nan'), 5e-324,
          datetime.date(2001, 12, 14), datetime.datetime(2001, 12, 14, 21, 59, 43), datetime.datetime(2001, 12, 14, 21, 59, 43, 100000), datetime.datetime(2001, 12, 14, 21, 59, 43, 0, datetime.timezone.utc),
          datetime.datetime(2001, 12, 14, 21, 59, 43, 5, datetime.timezone(datetime.timedelta(hours=-5, minutes=-30))), b'', b'abc', bytes(range(200)), b'\xff' * 57, b'\xff' * 58,
          [], {}, [[]], [{}], {'a': []}, {'a': {}}, [1, 2], [[1, 2], [3, [4, [5]]]], [[[]], {}], [{'a': 1}, {'b': 2, 'c': 3}], {'a': [1, 2], 'b': {'c': [3, {'d': 4}]}}, {'b': 1, 'a': 2, 'C': 3, '\u00e4': 4, '_': 5, '': 6},
          {1: 'a', 2.5: 'b', True: 'c', 0: 'd'}, {1: 'a', 'b': 2}, {None: 1}, {None: 1, 'a': 2}, {datetime.date(2001, 1, 2): 1, datetime.date(2000, 1, 2): 2}, {'yes': 1, 'no': 2, '1': 3, '~': 4, '': 5}, {'a: b': 1, '- c': 2, 'd\ne': 3, ' f': 4},
          {'x' * 130: 'long key', 'y' * 127: 1, 'z' * 129: [1]}, {'word ' * 20: 1}, {'k': 'word ' * 30}, {'a': {'b': {'c': 'word ' * 30}}}, [['word ' * 30]], {'list': ['word ' * 30, 'a\nb\n']}, {'a': 'x\ny', 'b': ['p\nq\n', {'r': 's\n\nt'}]},
          {'a': b'abc', 'b': [b'x']}, {'a': None, 'b': [None, True, 1.5]}, [{'name': 'x', 'tags': ['a', 'b'], 'when': "y == 'z'"}, {'name': 'y', 'block': [{'debug': {'msg': '{{ x }}'}}]}], {'a': [[1], [2, [3, 4]], []], 'b': [{}, [], {'c': []}]},
          [0.5, [1, [True]], {'x': [[], {}]}], {'empty': '', 'space': ' ', 'nl': '\n'}, list(range(60)), {'k%02d' % i: i for i in range(30)}, ['item number %d' % i for i in range(20)], {'a': ['x' * 70, 'y' * 20]}, {'deep': {'deep': {'deep': {'deep': {'deep': [1, {'deep': 2}]}}}}}]


def random_value(depth):
    r = random.random()
    if depth == 0 or r < .45:
        return random.choice(random.choice([TEXTS, VALUES[:34]]))
    if r < .7:
        return [random_value(depth - 1) for _ in range(random.randint(0, 4))]
    return {random.choice(TEXTS): random_value(depth - 1) for _ in range(random.randint(0, 4))}


NICE = {'indent': 4, 'allow_unicode': True, 'default_flow_style': False}
YAML = {'allow_unicode': True, 'default_flow_style': None}
OPTIONS = [YAML, NICE, {**NICE, 'indent': 2}, {}, {'default_flow_style': True}, {**YAML, 'width': 20}, {**NICE, 'width': 40}, {**NICE, 'sort_keys': False}, {**NICE, 'explicit_start': True}, {**NICE, 'explicit_end': True},
           {**NICE, 'width': 1337}, {**NICE, 'indent': 8}, {**NICE, 'indent': 1}, {**NICE, 'default_style': '"'}, {**YAML, 'default_style': "'"}, {**NICE, 'default_style': '|'}, {**NICE, 'default_style': '>'}, {**YAML, 'allow_unicode': False}, {**NICE, 'width': -1}]


class Dumper(yaml.CSafeDumper):
    # The cases share objects, values that travel don't; aliases have cases of their own.
    def ignore_aliases(self, data):
        return True


def lines(v):
    if isinstance(v, dict):
        return any(lines(i) for p in v.items() for i in p)
    return any(map(lines, v)) if isinstance(v, list) else isinstance(v, str) and '\n' in v


def dump(value, options):
    if options.get('default_style') == '>' and lines(value):
        # Ours are written literally; see the comment in dump.rs.
        options = {**options, 'default_style': '|'}
    return {'value': plain(value), 'options': options, 'text': yaml.dump(value, Dumper=Dumper, **options)}


cases = []
for t in TEXTS:
    cases += [dump(t, YAML), dump({'k': t}, NICE), dump({t: 1}, YAML), dump([t], YAML), dump({'k': [{'a': t}]}, NICE)]
for v in VALUES:
    cases += [dump(v, o) for o in OPTIONS]
for i in range(400):
    cases.append(dump(random_value(3), OPTIONS[i % len(OPTIONS)]))
write('dump.json', cases)
