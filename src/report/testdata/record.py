#!/usr/bin/env python3
"""Records what ansible-playbook 2.19 prints for a few plays, and what happened in them, for the tests of src/report.

Usage: record.py PATH/TO/bin/ansible-playbook PATH/TO/python. Writes recorded.json beside itself: per case the options, the
text on standard output and the events, as far as the console needs them. `[ERROR]` blocks, which name places and causes that
events don't carry, are taken out of the text.
"""
import json, os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

CALLBACK = '''
import json, os
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'notification'
    CALLBACK_NAME = 'events'

    def say(self, event, **data):
        with open(os.environ['EVENTS'], 'a') as f:
            f.write(json.dumps({'event': event, **data}) + chr(10))

    def v2_playbook_on_play_start(self, play):
        self.say('play', name=play.get_name())
    def v2_playbook_on_no_hosts_matched(self):
        self.say('no_hosts')
    def start(self, task, handler):
        role = task._role.get_name() if task._role else None
        name = task.get_name()
        if role and name.startswith(role + ' : '):
            name = name[len(role) + 3:]
        self.say('task', name=name, role=role, action=task.action, handler=handler)
    def v2_playbook_on_task_start(self, task, is_conditional):
        self.start(task, False)
    def v2_playbook_on_handler_task_start(self, task):
        self.start(task, True)
    def result(self, event, status, r, ignored=False, **more):
        res = r._result
        label = None
        if event == 'item':
            label = str(res.get('_ansible_item_label', res.get(res.get('ansible_loop_var', 'item'))))
        diff = res.get('diff') or []
        delegate = r._task.delegate_to
        self.say(event, status=status, host=r._host.get_name(), delegate=delegate if res.get('_ansible_delegated_vars') else None, item=label,
                 ignored=ignored, always=bool(res.get('_ansible_verbose_always')), result=json.loads(json.dumps(dict(res), default=str)),
                 diff=[diff] if isinstance(diff, dict) else diff, **more)
    def v2_runner_on_ok(self, r):
        self.result('end', 'changed' if r.is_changed() else 'ok', r)
    def v2_runner_on_failed(self, r, ignore_errors=False):
        self.result('end', 'failed', r, bool(ignore_errors))
    def v2_runner_on_skipped(self, r):
        self.result('end', 'skipped', r)
    def v2_runner_on_unreachable(self, r):
        self.result('end', 'unreachable', r)
    def v2_runner_item_on_ok(self, r):
        self.result('item', 'changed' if r.is_changed() else 'ok', r)
    def v2_runner_item_on_failed(self, r):
        self.result('item', 'failed', r)
    def v2_runner_item_on_skipped(self, r):
        self.result('item', 'skipped', r)
    def v2_runner_retry(self, r):
        self.result('retry', 'failed', r, left=r._result['retries'] - r._result['attempts'])
    def v2_playbook_on_include(self, included):
        label = self._get_item_label(included._vars) if included._vars and 'ansible_loop_var' in included._vars else None
        self.say('included', file=included._filename, hosts=[h.name for h in included._hosts], item=None if label is None else str(label))
    def v2_playbook_on_stats(self, stats):
        names = {'ok': 'ok', 'changed': 'changed', 'unreachable': 'unreachable', 'failed': 'failures', 'skipped': 'skipped', 'rescued': 'rescued', 'ignored': 'ignored'}
        self.say('stats', hosts={h: {k: stats.summarize(h)[v] for k, v in names.items()} for h in sorted(stats.processed)})
'''

TASKS = '''
- hosts: a,b
  gather_facts: no
  tasks:
    - name: Say hello
      debug: msg="hello é ☃ {{ inventory_hostname }}"
    - debug: var=inventory_hostname
    - debug: {msg: ["a", 1, 1.5, null, true, {b: [], c: {}}]}
    - name: cmd
      command: echo hi
    - {name: skipped, command: echo hi, when: false}
    - {name: loop, command: "echo {{ item }}", loop: [x, y], loop_control: {label: "<{{ item }}>"}}
    - {name: loop debug, debug: 'msg={{ item }}', loop: [x, {k: v}]}
    - {name: loop mixed, command: "test {{ item }} != y", loop: [x, y, z], when: item != 'z', ignore_errors: yes}
    - {name: fails, shell: "echo out; echo err >&2; exit 3", ignore_errors: yes}
    - {name: all skipped, command: "echo {{ item }}", loop: [1, 2], when: false}
    - {name: no items, command: "echo", loop: []}
    - {name: delegated, command: "true", delegate_to: a}
    - {name: delegated loop, command: "true", delegate_to: a, loop: [q]}
    - {name: retry, command: "false", retries: 2, delay: 0, until: r is success, register: r, ignore_errors: yes}
    - {name: include, include_tasks: inc.yml}
    - {name: include in a loop, include_tasks: inc.yml, loop: [1, 2]}
    - {name: notifies, command: "true", notify: My handler}
    - {name: no log, command: echo secret, no_log: true}
    - {name: assert, assert: {that: inventory_hostname == 'a', fail_msg: no good}, ignore_errors: yes}
    - set_fact: {x: 1, n: null, f: 1.5, e: {}, el: []}
    - {name: once, ping: , run_once: yes}
    - block: [{name: fails in block, command: "false"}]
      rescue: [{name: rescue, ping: }]
      always: [{name: always, ping: }]
    - {name: fail, fail: {msg: "boom\\nand more"}, when: inventory_hostname == 'b'}
    - name: a very long name that goes on and on and on and on and on and on and on and on and on and on
      ping:
    - {name: 日本語 name, ping: }
  handlers:
    - {name: My handler, debug: msg=handled}
- name: Unreachable
  hosts: bad
  gather_facts: no
  tasks: [ping: ]
- hosts: nobody
  tasks: []
- name: Roles
  hosts: a
  gather_facts: no
  roles: [r]
'''
DIFFS = '''
- hosts: a
  gather_facts: no
  tasks:
    - copy: {dest: "{{ dir }}/x", content: "a\\nb\\nc\\n"}
    - copy: {dest: "{{ dir }}/x", content: "a\\nB\\nc\\nd"}
    - copy: {dest: "{{ dir }}/x", content: "a\\nB\\nc\\nd"}
    - file: {path: "{{ dir }}/d", state: directory}
    - lineinfile: {path: "{{ dir }}/x", line: new}
'''


def record(playbook, arguments, bin_, python):
    with tempfile.TemporaryDirectory() as d:
        def write(name, text):
            os.makedirs(os.path.dirname(os.path.join(d, name)), exist_ok=True)
            with open(os.path.join(d, name), 'w') as f:
                f.write(text)
        write('plugins/events.py', CALLBACK)
        write('p.yml', playbook)
        write('inc.yml', '- debug: msg="in {{ item | default(0) }}"\n')
        write('roles/r/tasks/main.yml', '- {name: in role, ping: }\n- ping:\n')
        write('hosts', f'a ansible_connection=local\nb ansible_connection=local\nbad ansible_host=127.0.0.1 ansible_port=1\n'
                       f'[all:vars]\nansible_python_interpreter={python}\ndir={d}\n')
        env = {'PATH': os.path.dirname(bin_) + ':/usr/bin:/bin', 'HOME': d, 'EVENTS': d + '/events', 'LANG': 'C.UTF-8', 'ANSIBLE_CALLBACK_PLUGINS': d + '/plugins', 'ANSIBLE_CALLBACKS_ENABLED': 'events'}
        # One host after the other, so that the order is the same each time.
        run = subprocess.run([bin_, '-i', d + '/hosts', '-f', '1', d + '/p.yml', *arguments], cwd=d, env=env, capture_output=True, text=True)
        text = re.sub(r'\[ERROR\]: .*?(?=(fatal|failed): \[)', '', run.stdout, flags=re.S)
        text = text[text.index('\nPLAY ['):]
        events = [json.loads(line) for line in open(d + '/events')]
        return json.loads(json.dumps({'arguments': arguments, 'text': text, 'events': events}).replace(d, '/tmp/play'))


bin_, python = sys.argv[1:]
cases = [record(playbook, arguments, bin_, python) for playbook, arguments in ((TASKS, []), (TASKS, ['-v']), (DIFFS, ['--diff']))]
with open(os.path.join(HERE, 'recorded.json'), 'w') as f:
    json.dump(cases, f, ensure_ascii=False, indent=0)
    f.write('\n')
print([len(c['events']) for c in cases])
