//! `synchronize` against the real rsync: the same trees, the same options, then the same files and the same itemized lines.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use adept_modules::{Cancel, Host};
use adept_wire::{Map, ModuleOutcome, Value, map};

/// Options of `synchronize`, and rsync's own for the same.
const VARIANTS: &[(&str, &[&str])] = &[
    ("{}", &["-a"]),
    ("{delete: true}", &["-a", "--delete-after"]),
    ("{delete: true, checksum: true}", &["-a", "--delete-after", "--checksum"]),
    ("{delete: true, checksum: true, copy_links: true}", &["-a", "--delete-after", "--checksum", "--copy-links"]),
    (
        "{delete: true, rsync_opts: ['--exclude=b', '--exclude=/a/c']}",
        &["-a", "--delete-after", "--exclude=b", "--exclude=/a/c"],
    ),
    (
        "{delete: true, rsync_opts: ['--exclude=*c/', '--include=a', '--exclude=**/a']}",
        &["-a", "--delete-after", "--exclude=*c/", "--include=a", "--exclude=**/a"],
    ),
    (
        "{rsync_opts: ['--include=*/', '--include=a*', '--exclude=*']}",
        &["-a", "--include=*/", "--include=a*", "--exclude=*"],
    ),
    (
        "{delete: true, rsync_opts: ['--exclude=d', '--delete-excluded']}",
        &["-a", "--delete-after", "--exclude=d", "--delete-excluded"],
    ),
    ("{perms: false, times: false}", &["-a", "--no-perms", "--no-times"]),
    ("{archive: false, recursive: true, links: true}", &["-r", "-l"]),
    ("{archive: false, recursive: true, perms: true, delete: true}", &["-r", "-p", "--delete-after"]),
    ("{existing_only: true}", &["-a", "--existing"]),
    ("{rsync_opts: ['--ignore-existing']}", &["-a", "--ignore-existing"]),
    ("{rsync_opts: ['--update', '-O']}", &["-a", "--update", "-O"]),
    ("{rsync_opts: ['--size-only', '--no-owner', '--no-g']}", &["-a", "--size-only", "--no-owner", "--no-g"]),
    ("{rsync_opts: ['--chmod=Du=rwx,go=rx,Fgo-w,Fu+x']}", &["-a", "--chmod=Du=rwx,go=rx,Fgo-w,Fu+x"]),
    ("{archive: false, dirs: true}", &["-d"]),
];

#[test]
fn trees_come_out_as_with_rsync() {
    if Command::new("rsync").arg("--version").output().is_err() {
        eprintln!("skipped: there is no rsync here to compare with");
        return;
    }
    let mut failures = Vec::new();
    let mut count = 0;
    for seed in 0..3u64 {
        for (variant, (args, rsync)) in VARIANTS.iter().enumerate() {
            for check in [false, true] {
                count += 1;
                let name = format!("seed {seed}, {args}, check {check}");
                let slash = !(seed + variant as u64).is_multiple_of(4);
                failures.extend(differences(seed, slash, args, rsync, check).map(|d| format!("{name}\n{d}")));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} differ:\n{}", failures.len(), failures.join("\n"));
}

fn differences(seed: u64, slash: bool, args: &str, rsync: &[&str], check: bool) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path();
    let mut random = Random(seed * 7919 + 1);
    plant(&base.join("src"), &mut random, 0, !args.contains("copy_links"));
    // Every third destination isn't there yet.
    if !seed.is_multiple_of(3) {
        plant(&base.join("ours"), &mut random, 0, true);
        copy(&base.join("ours"), &base.join("theirs"));
    }
    let source = if slash { "src/" } else { "src" };
    let mut command = Command::new("rsync");
    command.current_dir(base).args(rsync).args(["--out-format=<<CHANGED>>%i %n%L", source, "theirs"]);
    if check {
        command.arg("--dry-run");
    }
    let out = command.output().unwrap();
    let outcome = synchronize(base, args, source, check);
    let mut wrong = Vec::new();
    if outcome.failed == out.status.success() {
        wrong.push(format!(
            "rsync: {}, ours: {:?}",
            String::from_utf8_lossy(&out.stderr),
            outcome.result.get("msg").filter(|_| outcome.failed)
        ));
    }
    if args.contains("ignore-existing") && outcome.failed {
        // A file where a directory should be: rsync goes on below it, and fails at each name.
        return (!wrong.is_empty()).then(|| wrong.join("\n"));
    }
    let theirs = String::from_utf8_lossy(&out.stdout).into_owned();
    if outcome.changed != theirs.contains("<<CHANGED>>") && !outcome.failed {
        wrong.push(format!("changed is {}", outcome.changed));
    }
    let mut theirs: Vec<String> =
        theirs.lines().filter(|l| !l.starts_with("created directory")).map(|l| l.replace("<<CHANGED>>", "")).collect();
    let mut ours: Vec<String> = outcome
        .result
        .get("stdout_lines")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .filter(|l| !l.starts_with("created directory"))
        .map(String::from)
        .collect();
    // Versions of rsync print deletions and remarks at different moments.
    theirs.sort();
    ours.sort();
    if theirs != ours {
        let only = |a: &[String], b: &[String]| a.iter().filter(|l| !b.contains(l)).cloned().collect::<Vec<_>>();
        wrong.push(format!("only rsync: {:?}\nonly ours: {:?}", only(&theirs, &ours), only(&ours, &theirs)));
    }
    let (theirs, ours) = (snapshot(&base.join("theirs")), snapshot(&base.join("ours")));
    for path in theirs.keys().chain(ours.keys().filter(|k| !theirs.contains_key(*k))) {
        let without_times = !rsync.contains(&"-a") || rsync.contains(&"--no-times");
        // The destination itself is no part of the transfer when the source has no trailing slash.
        let is_dir = theirs.get(path).is_some_and(|s| s.0.starts_with("dir"));
        let without_times = without_times || (path.is_empty() && !slash) || (is_dir && rsync.contains(&"-O"));
        let show = |s: Option<&Seen>| s.map(|s| if without_times { s.0.clone() } else { format!("{} {}", s.0, s.1) });
        if show(theirs.get(path)) != show(ours.get(path)) {
            wrong.push(format!("{path}: rsync {:?}, ours {:?}", theirs.get(path), ours.get(path)));
        }
    }
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

fn synchronize(base: &Path, args: &str, source: &str, check: bool) -> ModuleOutcome {
    let mut map: Map = serde_yaml::from_str::<Value>(args).unwrap().as_map().unwrap().clone();
    map.extend(map! { "src" => source, "dest" => "ours" });
    let host = Host {
        check,
        diff: false,
        cwd: base.to_path_buf(),
        environment: &[],
        umask: None,
        output: None,
        cancel: &Cancel::default(),
        run_dir: base,
        counter: std::cell::Cell::new(0),
    };
    adept_modules::run("synchronize", &map, &host)
}

/// The same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn plant(at: &Path, random: &mut Random, depth: u32, dangling: bool) {
    fs::create_dir(at).unwrap();
    for name in ["a", "ab", "b", "c", "xc", "d", ".e"] {
        let path = at.join(name);
        match random.below(8) {
            0..=2 => {
                fs::write(&path, "x".repeat(random.below(3) as usize) + name).unwrap();
                let mode = [0o644, 0o600, 0o755][random.below(3) as usize];
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                set_time(&path, random);
            }
            3 | 4 if depth < 2 => plant(&path, random, depth + 1, dangling),
            5 if dangling => symlink(["a", "../b", "nowhere"][random.below(3) as usize], &path).unwrap(),
            _ => {}
        }
    }
    let mode = [0o755, 0o700][random.below(2) as usize];
    fs::set_permissions(at, fs::Permissions::from_mode(mode)).unwrap();
    set_time(at, random);
}

fn set_time(path: &Path, random: &mut Random) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000 + random.below(2) * 1000);
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

/// Kind, mode and content; and the time, of what is no link.
type Seen = (String, i64);

fn snapshot(top: &Path) -> BTreeMap<String, Seen> {
    walkdir::WalkDir::new(top)
        .into_iter()
        .flatten()
        .map(|e| {
            let meta = e.path().symlink_metadata().unwrap();
            let what = if meta.is_symlink() {
                format!("link {}", fs::read_link(e.path()).unwrap().display())
            } else if meta.is_dir() {
                format!("dir {:o}", meta.mode())
            } else {
                format!("file {:o} {}", meta.mode(), fs::read_to_string(e.path()).unwrap())
            };
            // What was made just now has no time to compare.
            let old = !meta.is_symlink() && meta.mtime() < 1_700_000_000;
            let time = if old { meta.mtime() } else { 0 };
            (e.path().strip_prefix(top).unwrap().display().to_string(), (what, time))
        })
        .collect()
}
