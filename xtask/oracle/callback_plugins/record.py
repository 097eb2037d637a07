"""Writes what happens in a run as JSON lines, for `cargo xtask oracle` (Python 2.7 and 3, ansible 2.4 to 2.19)."""
from __future__ import absolute_import, division, print_function

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: record
    type: stdout
    short_description: JSON lines of plays, tasks and results
    description:
      - The file is named by the environment variable ADEPT_RECORD.
"""


def attribute(thing, name):
    """Results had `_task`, `_host` and `_result` before they had `task`, `host` and `result`."""
    public = getattr(thing, name, None)
    return getattr(thing, "_" + name) if public is None or callable(public) else public


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "record"

    def __init__(self):
        super(CallbackModule, self).__init__()
        self.out = open(os.environ["ADEPT_RECORD"], "a")

    def write(self, event, **fields):
        fields["event"] = event
        self.out.write(json.dumps(fields, default=str) + "\n")
        self.out.flush()

    def task_started(self, task, handler):
        role = task._role.get_name() if task._role else None
        name = task.get_name()
        if role and name.startswith(role + " : "):
            name = name[len(role) + 3:]
        self.write("task", id=task._uuid, name=name, action=task.action, role=role, handler=handler)

    def result(self, event, result, status, **fields):
        task = attribute(result, "task")
        data = dict(attribute(result, "result"))
        delegated = data.get("_ansible_delegated_vars") or {}
        fields.update(
            task=task._uuid,
            action=task.action,
            host=attribute(result, "host").get_name(),
            delegate=delegated.get("ansible_delegated_host") or (task.delegate_to if delegated else None),
            status="changed" if status == "ok" and data.get("changed") is True else status,
            result=data,
        )
        self.write(event, **fields)

    def item(self, result, status):
        data = attribute(result, "result")
        label = data.get("_ansible_item_label", data.get("item"))
        self.result("item", result, status, label=label)

    def v2_playbook_on_play_start(self, play):
        self.write("play", name=play.get_name())

    def v2_playbook_on_no_hosts_matched(self):
        self.write("no_hosts")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.task_started(task, False)

    def v2_playbook_on_handler_task_start(self, task):
        self.task_started(task, True)

    def v2_playbook_on_cleanup_task_start(self, task):
        self.task_started(task, False)

    def v2_playbook_on_include(self, included_file):
        task = getattr(included_file, "_task", None)
        self.write(
            "include",
            task=task._uuid if task else None,
            file=str(included_file._filename),
            hosts=[h.get_name() for h in included_file._hosts],
        )

    def v2_runner_on_ok(self, result):
        self.result("result", result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.result("result", result, "failed", ignored=bool(ignore_errors))

    def v2_runner_on_skipped(self, result):
        self.result("result", result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.result("result", result, "unreachable")

    def v2_runner_item_on_ok(self, result):
        self.item(result, "ok")

    def v2_runner_item_on_failed(self, result):
        self.item(result, "failed")

    def v2_runner_item_on_skipped(self, result):
        self.item(result, "skipped")

    def v2_runner_retry(self, result):
        self.result("retry", result, "failed")

    def v2_playbook_on_stats(self, stats):
        names = ("ok", "changed", "dark", "failures", "skipped", "rescued", "ignored")
        hosts = dict(
            (host, dict((name, getattr(stats, name, {}).get(host, 0)) for name in names)) for host in stats.processed
        )
        self.write("stats", hosts=hosts)
