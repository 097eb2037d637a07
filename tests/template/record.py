"""Records cases.json: what the real ansible-core makes of every expression in expressions.yml.

Run it by hand with the Python of an ansible-core 2.19 (pip install ansible-core==2.19.14), from anywhere:

    python tests/template/record.py

An entry `{expr: .., as: ..}` records what the second gives, for spellings that only older versions took. A result is recorded as Python's repr (types and order show), an error as its kind and text. The folder of files that
lookups and path filters read stands as $DIR, the home directory as $HOME.
"""
import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
HOME = '/nonexistent/home'
os.environ.update(HOME=HOME, ADEPT_CASE='a case', TZ='UTC', ANSIBLE_LOCAL_TEMP='/tmp/adept-record', LC_ALL='C.UTF-8')
os.environ.pop('ADEPT_NOPE', None)

import yaml  # noqa: E402
from ansible.errors import AnsibleError, AnsibleUndefinedVariable  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.plugins.loader import init_plugin_loader  # noqa: E402
from ansible.template import Templar, trust_as_template  # noqa: E402


def plain(value):
    """The value without Ansible's tagged subclasses, so that repr() shows plain data."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def chain(error):
    seen = []
    while error is not None and error not in seen:
        yield error
        seen.append(error)
        error = error.__cause__ or error.__context__


def run(case, variables):
    expression, asked = (case['expr'], case['as']) if isinstance(case, dict) else (case, case)
    templar = Templar(loader=DataLoader(), variables=dict(variables))
    source = asked if '{{' in asked or '{%' in asked else '{{ %s }}' % asked
    try:
        value = plain(templar.template(trust_as_template(source)))
    except Exception as error:  # every kind of failure is an outcome here
        kind = 'error'
        if any(isinstance(e, AnsibleUndefinedVariable) or type(e).__name__ == 'UndefinedError' for e in chain(error)):
            kind = 'undefined'
        text = str(error.message if isinstance(error, AnsibleError) else error)
        return {'expr': expression, 'error': kind, 'text': text.replace(str(HERE / 'files'), '$DIR')}
    return {'expr': expression, 'repr': repr(value).replace(str(HERE / 'files'), '$DIR').replace(HOME, '$HOME')}


def main():
    init_plugin_loader([])
    given = yaml.safe_load((HERE / 'expressions.yml').read_text())
    variables = given['vars'] | {'dir': str(HERE / 'files')}
    groups = {name: [run(e, variables) for e in expressions] for name, expressions in given['groups'].items()}
    text = json.dumps(groups, indent=1, ensure_ascii=False)
    (HERE / 'cases.json').write_text(text + '\n')
    print(sum(len(g) for g in groups.values()), 'cases', file=sys.stderr)


if __name__ == '__main__':
    main()
