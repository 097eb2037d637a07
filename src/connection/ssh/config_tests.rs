//! Cases of `config`, most of them compared with what `ssh -G` says.

use std::process::Command;

use super::*;

fn lookup(dir: &Path, host: &str, args: &[&str]) -> Lookup {
    Lookup {
        host: host.into(),
        args: args.iter().map(|a| a.to_string()).collect(),
        home: dir.to_path_buf(),
        local_user: "me".into(),
        system_file: dir.join("system"),
        ..Lookup::default()
    }
}

fn written(config: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".ssh")).unwrap();
    fs::write(dir.path().join(".ssh/config"), config).unwrap();
    dir
}

const CONFIG: &str = r#"
# people's file
IdentityFile ~/.ssh/always
Host web* !web9
    HostName %h.example.net
    User=deploy
    Port 2201
    IdentityFile "/keys/with space"   # comment
    ProxyJump alice@jump1:2222,jump2
Host db
  HostName 192.0.2.7
  ProxyCommand  nc -X 5 %h %p # not a comment
  UserKnownHostsFile /kh/one /kh/two
  ConnectTimeout 1m30s
  ServerAliveInterval 15
  ServerAliveCountMax 7
  StrictHostKeyChecking accept-new
Match host *.example.net user deploy
  ServerAliveInterval 33
Match host "!web*,*" originalhost db
  HostKeyAlias database
  IdentitiesOnly yes
Match host 10.*,192.0.2.*
  Compression yes
  ConnectionAttempts 4
Include conf.d/*.conf
Host *
  User everybody
  ConnectTimeout 9
  PasswordAuthentication no
"#;

/// What `ssh -G` prints under these names, for the hosts of [`CONFIG`], is what we find.
#[test]
fn agrees_with_ssh() {
    let dir = written(CONFIG);
    let at = |name: &str| dir.path().join(".ssh").join(name);
    fs::create_dir(at("conf.d")).unwrap();
    fs::write(at("conf.d/10.conf"), "Host inc*\n Port 77\nHost other\n Port 78\n").unwrap();
    fs::write(at("conf.d/20.conf"), "Match all\n ConnectionAttempts 6\n").unwrap();
    // ssh takes an Include from the home of the password file, so there it is named whole.
    let absolute = CONFIG.replace("Include conf.d", &format!("Include {}", at("conf.d").display()));
    fs::write(at("absolute"), absolute).unwrap();
    let file = at("absolute").display().to_string();
    for (host, args) in [
        ("web1", &[][..]),
        ("WEB1", &[]),
        ("web9", &[]),
        ("db", &[]),
        ("inc1", &[]),
        ("other", &[]),
        ("db", &["-o", "Port=99", "-oUser=root", "-o", "ServerAliveInterval 3", "-p", "98", "-l", "x"]),
        ("web2", &["-J", "[::1]:3,ssh://bob@last:44", "-o", "StrictHostKeyChecking=no"]),
        ("web2", &["-qo", "UserKnownHostsFile=/dev/null", "-vvC"]),
    ] {
        let args: Vec<&str> = args.iter().copied().chain(["-F", &file]).collect();
        let ours = resolve(&lookup(dir.path(), host, &args)).unwrap();
        assert_eq!(ours.notes, [], "{host}");
        let Ok(out) = Command::new("ssh").arg("-G").args(&args).arg(host).output() else {
            eprintln!("skipped: no ssh on this machine");
            return;
        };
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let theirs = |name: &str| -> Vec<String> {
            text.lines().filter_map(|l| l.strip_prefix(name)?.strip_prefix(' ')).map(str::to_string).collect()
        };
        let one = |name: &str| theirs(name).pop();
        let secs = |d: Option<Duration>| d.map_or(0, |d| d.as_secs()).to_string();
        assert_eq!(one("hostname"), Some(ours.host.clone()), "{host}");
        assert_eq!(one("port"), Some(ours.port.to_string()), "{host}");
        assert_eq!(one("user"), Some(ours.user.clone()), "{host}");
        assert_eq!(one("connectionattempts"), Some(ours.attempts.to_string()), "{host}");
        assert_eq!(one("serveraliveinterval"), Some(secs(ours.alive_interval)), "{host}");
        assert_eq!(one("serveralivecountmax"), Some(ours.alive_count.to_string()), "{host}");
        assert_eq!(
            one("connecttimeout").filter(|t| t != "none"),
            ours.connect_timeout.map(|d| d.as_secs().to_string())
        );
        assert_eq!(one("identitiesonly"), Some(if ours.identities_only { "yes" } else { "no" }.into()), "{host}");
        assert_eq!(one("hostkeyalias"), ours.host_key_alias, "{host}");
        assert_eq!(one("passwordauthentication").as_deref(), Some("no"), "{host}");
        assert_eq!(ours.auths, Some(vec!["publickey".into(), "keyboard-interactive".into()]), "{host}");
        // ssh -G leaves the %h of a ProxyCommand as it stands.
        let command = one("proxycommand").map(|c| c.replace("%h", &ours.host).replace("%p", &ours.port.to_string()));
        assert_eq!(command, ours.proxy_command, "{host}");
        let keys: Vec<String> = ours.identity_files.iter().map(|p| p.display().to_string()).collect();
        let tilde = |p: &String| p.replace("~", &dir.path().display().to_string());
        assert_eq!(theirs("identityfile").iter().map(tilde).collect::<Vec<_>>(), keys, "{host}");
        let policy = match one("stricthostkeychecking").as_deref() {
            Some("accept-new") => HostKeyPolicy::AcceptNew,
            Some("false" | "no") => HostKeyPolicy::Off,
            _ => HostKeyPolicy::Strict,
        };
        assert_eq!(policy, ours.policy, "{host}");
        let known: Vec<String> = ours.known_hosts.iter().map(|p| p.display().to_string()).collect();
        let mut files: Vec<String> = Vec::new();
        for name in ["userknownhostsfile", "globalknownhostsfile"] {
            files.extend(one(name).unwrap_or_default().split(' ').map(|p| tilde(&p.to_string())));
        }
        let home = std::env::var("HOME").unwrap_or_default();
        let files: Vec<String> = files.iter().map(|f| f.replace(&home, &dir.path().display().to_string())).collect();
        assert_eq!(files, known, "{host}");
        let jumps: Vec<String> = ours.jumps.iter().map(|j| j.host.clone()).collect();
        let theirs: Vec<String> = one("proxyjump").map_or(Vec::new(), |j| j.split(',').map(str::to_string).collect());
        assert_eq!(theirs.len(), jumps.len(), "{host}");
        assert!(theirs.iter().zip(&jumps).all(|(t, j)| t.contains(j.as_str())), "{theirs:?} {jumps:?}");
    }
}

#[test]
fn jumps_have_users_and_ports() {
    for (text, user, host, port) in [
        ("a", None, "a", None),
        ("me@a", Some("me"), "a", None),
        ("me@there@a:22", Some("me@there"), "a", Some(22)),
        ("[::1]:3", None, "::1", Some(3)),
        ("fe80::1", None, "fe80::1", None),
        ("ssh://bob@last:44", Some("bob"), "last", Some(44)),
    ] {
        let want = JumpName { user: user.map(String::from), host: host.into(), port };
        assert_eq!(jump(text, None), Ok(want), "{text}");
    }
    for text in ["", "@a", "a:b", "a:70000"] {
        assert!(jump(text, None).is_err(), "{text}");
    }
}

#[test]
fn what_has_no_effect_is_named() {
    let dir =
        written("IgnoreUnknown Fancy*\nFancyThing 1\nCiphers aes128-ctr\nMatch exec true\n Port 3\nMatch all\nWat 1\n");
    let found = resolve(&lookup(dir.path(), "a", &["-4", "-L", "1:b:2", "-o", "ControlPersist=60s"])).unwrap();
    let notes: Vec<String> =
        found.notes.iter().map(|n| n.to_string().replace(&dir.path().display().to_string(), "~")).collect();
    assert_eq!(
        notes,
        [
            "ssh option -4 has no effect here",
            "ssh option -L 1:b:2 has no effect here",
            "~/.ssh/config:3: ssh option Ciphers has no effect here",
            "~/.ssh/config:4: Match exec has no effect here",
            "~/.ssh/config:7: ssh option Wat has no effect here",
        ]
    );
    assert_eq!(found.port, 22);
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_line() {
    for (config, message) in [
        ("Port twenty", "1: port: 'twenty' is no number"),
        ("\nPort", "2: port wants a value"),
        ("User \"me", "1: a quote is not closed"),
        ("HostName %z", "1: %z in '%z' is not supported"),
        ("Match colour red", "1: unsupported Match attribute 'colour'"),
        ("IdentitiesOnly maybe", "1: identitiesonly must be yes or no, not 'maybe'"),
        ("StrictHostKeyChecking perhaps", "1: stricthostkeychecking can't be 'perhaps'"),
        ("ConnectTimeout soon", "1: connecttimeout: 'soon' is no time"),
        ("ProxyJump a:b", "1: 'a:b' is no [user@]host[:port]"),
    ] {
        let dir = written(config);
        let error = resolve(&lookup(dir.path(), "a", &[])).unwrap_err().to_string();
        assert!(error.ends_with(&format!(".ssh/config:{message}")), "{error}");
    }
    let dir = written("");
    let error = |args: &[&str]| resolve(&lookup(dir.path(), "a", args)).unwrap_err().to_string();
    assert_eq!(error(&["-o", "Port=x"]), "ssh arguments: port: 'x' is no number");
    assert_eq!(error(&["-p"]), "ssh arguments: option -p wants a value");
    assert_eq!(error(&["host"]), "ssh arguments: 'host' is no option");
}

#[test]
fn an_include_that_includes_itself_ends() {
    let dir = written("Include config\n");
    assert!(matches!(resolve(&lookup(dir.path(), "a", &[])), Err(ConfigError::Read { .. })));
}
