#!/usr/bin/env python3
"""Records what ansible-core gives for every template of the case files in this folder.

Run it with the Python of a virtual environment that has ansible-core 2.19:  V/bin/python record.py [FILE.yml ...]
A case that has `ours` differs on purpose; `why` says why.
"""
import os
import pathlib
import re
import sys

import yaml

os.environ["TZ"] = "UTC"
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.template import Templar, trust_as_template  # noqa: E402


def trusted(value):
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [trusted(v) for v in value]
    if isinstance(value, dict):
        return {k: trusted(v) for k, v in value.items()}
    return value


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    for kind in (bool, int, float, str, bytes):
        if isinstance(value, kind):
            return kind(value)
    return value


def record(case, variables, file_mode):
    variables = {**variables, **case.get("vars", {})}
    templar = Templar(loader=DataLoader(), variables=trusted(variables))
    try:
        if "expression" in case:
            result = templar.evaluate_expression(trust_as_template(case["expression"]))
        elif file_mode:
            overrides = case.get("options", {})
            result = templar.copy_with_new_env().template(
                trust_as_template(case["template"]), escape_backslashes=False, preserve_trailing_newlines=True,
                overrides=overrides or None)
            result = "" if result is None else str(result)
        else:
            result = templar.template(trust_as_template(case["template"]))
        return {"result": plain(result)}
    except Exception as error:
        text = str(error)
        text = re.sub(r"^(Error rendering template|Syntax error in template|Syntax error in expression[^:]*): ", "", text)
        kind = "undefined" if type(error).__name__ == "AnsibleUndefinedVariable" else "error"
        return {kind: text.replace("ansible._internal._templating._lazy_containers.", "").replace("_AnsibleLazyTemplateDict", "dict").replace("_AnsibleLazyTemplateList", "list")
                .replace("_AnsibleTaggedStr", "str").replace("_AnsibleTaggedInt", "int")}


def main():
    here = pathlib.Path(__file__).parent
    files = [pathlib.Path(a) for a in sys.argv[1:]] or sorted(here.glob("*.yml"))
    for path in files:
        document = yaml.safe_load(path.read_text())
        out = []
        for case in document["cases"]:
            if isinstance(case, str):
                case = {"template": case}
            kept = {k: case[k] for k in ("template", "expression", "vars", "options") if k in case}
            out.append({**kept, **record(case, document.get("vars", {}), document.get("file", False)),
                        **{k: case[k] for k in ("ours", "ours_undefined", "ours_error", "why") if k in case}})
        document["cases"] = out
        path.write_text("# Recorded by record.py with ansible-core 2.19; `ours` where we differ, with the reason.\n"
                        + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=160))


main()
