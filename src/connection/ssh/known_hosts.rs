//! `KnownHosts`: what the known_hosts files say about one host, and whether the key that it shows is the one they name.
//!
//! ssh-key parses a line; which lines speak of a host, and what follows from them, stands here. It follows OpenSSH: a
//! name with another port than 22 is looked up as `[name]:port`, then without the port; a key that is not among those
//! known for the host is a changed one, of whatever type.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::{Entry, HostPatterns, Marker};
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey};
use sha1::Sha1;

use super::pattern;

/// The lines of the known_hosts files that speak of one host.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    host: String,
    lines: Vec<KnownLine>,
    /// Lines that name the host but hold no key that can be read.
    pub unreadable: Vec<Place>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line's number, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

#[derive(Clone, Debug)]
struct KnownLine {
    place: Place,
    marker: Option<Marker>,
    key: PublicKey,
    /// It names the host without the port that was asked for.
    without_port: bool,
}

/// What the files say about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the host's key.
    Known,
    /// Nothing is known about this host.
    New,
    /// The host is known by another key.
    Changed {
        /// The fingerprint that was expected.
        known: String,
        /// Where it is written.
        place: Place,
    },
    /// The key is revoked.
    Revoked {
        /// Where that is written.
        place: Place,
    },
    /// A certificate that is signed by a known authority and still does not speak for this host.
    BadCertificate {
        /// Why.
        why: String,
    },
}

/// The name under which a host's key is kept: `host`, or `[host]:port`.
pub fn known_name(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

/// A key's fingerprint as people compare it.
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

impl KnownHosts {
    /// Reads the files, of which some may not exist, for one host.
    ///
    /// # Errors
    /// When a file that is there can't be read.
    pub fn read(files: &[PathBuf], host: &str, port: u16) -> io::Result<KnownHosts> {
        let mut known = KnownHosts { host: host.to_lowercase(), ..KnownHosts::default() };
        for file in files {
            match fs::read(file) {
                Ok(bytes) => known.add(file, &String::from_utf8_lossy(&bytes), port),
                Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(e) => return Err(io::Error::new(e.kind(), format!("{}: {e}", file.display()))),
            }
        }
        Ok(known)
    }

    fn add(&mut self, file: &Path, text: &str, port: u16) {
        let name = known_name(&self.host, port);
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            let names = if line.starts_with('@') { fields.get(1) } else { fields.first() };
            // Keys are parsed only where the name matches: files of thousands of lines are common.
            let Some(patterns) = names.and_then(|n| n.parse::<HostPatterns>().ok()) else { continue };
            let without_port = match (speaks_of(&patterns, &name), speaks_of(&patterns, &self.host)) {
                (true, _) => false,
                (false, true) => true,
                (false, false) => continue,
            };
            let place = Place { file: file.to_path_buf(), line: at + 1 };
            match fields.join(" ").parse::<Entry>() {
                Ok(entry) => self.lines.push(KnownLine {
                    place,
                    marker: entry.marker().copied(),
                    key: entry.public_key().clone(),
                    without_port,
                }),
                Err(_) => self.unreadable.push(place),
            }
        }
    }

    /// The types of the keys that are known, so that the server is asked for one of these first.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let mut out = Vec::new();
        for line in self.lines.iter().filter(|l| l.marker.is_none()) {
            if !out.contains(&line.key.algorithm()) {
                out.push(line.key.algorithm());
            }
        }
        out
    }

    /// Whether an authority is known that may sign this host's certificate.
    pub fn has_authority(&self) -> bool {
        self.lines.iter().any(|l| l.marker == Some(Marker::CertAuthority))
    }

    /// What is known of a plain key.
    pub fn check_key(&self, key: &PublicKey) -> Verdict {
        if let Some(verdict) = self.revoked(key) {
            return verdict;
        }
        let plain = || self.lines.iter().filter(|l| l.marker.is_none());
        if plain().any(|l| l.key.key_data() == key.key_data()) {
            return Verdict::Known;
        }
        // A line without the port may know the key, but doesn't say that this port's key has changed.
        let with_port = || plain().filter(|l| !l.without_port);
        let other = with_port().find(|l| l.key.algorithm() == key.algorithm()).or_else(|| with_port().next());
        match other {
            Some(line) => Verdict::Changed { known: fingerprint(&line.key), place: line.place.clone() },
            None => Verdict::New,
        }
    }

    /// What is known of a certificate; one of an unknown authority counts as its plain key.
    pub fn check_certificate(&self, certificate: &Certificate) -> Verdict {
        let key = PublicKey::from(certificate.public_key().clone());
        let authority = PublicKey::from(certificate.signature_key().clone());
        if let Some(verdict) = self.revoked(&authority).or_else(|| self.revoked(&key)) {
            return verdict;
        }
        let known = self
            .lines
            .iter()
            .any(|l| l.marker == Some(Marker::CertAuthority) && l.key.key_data() == certificate.signature_key());
        if !known {
            return self.check_key(&key);
        }
        match certificate_fault(certificate, &authority, &self.host) {
            None => Verdict::Known,
            // A certificate that has run out doesn't take away what is known of its key.
            Some(why) => match self.check_key(&key) {
                Verdict::Known => Verdict::Known,
                _ => Verdict::BadCertificate { why },
            },
        }
    }

    fn revoked(&self, key: &PublicKey) -> Option<Verdict> {
        let line =
            self.lines.iter().find(|l| l.marker == Some(Marker::Revoked) && l.key.key_data() == key.key_data())?;
        Some(Verdict::Revoked { place: line.place.clone() })
    }
}

fn certificate_fault(certificate: &Certificate, authority: &PublicKey, host: &str) -> Option<String> {
    if !certificate.cert_type().is_host() {
        return Some("it is a user's certificate, not a host's".into());
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    if certificate.validate_at(now, [&authority.fingerprint(HashAlg::Sha256)]).is_err() {
        let (from, to) = (certificate.valid_after(), certificate.valid_before());
        return Some(match () {
            () if now < from => "it is not valid yet".into(),
            () if now >= to => "it has run out".into(),
            () => "its signature is wrong".into(),
        });
    }
    if let Some((name, _)) = certificate.critical_options().iter().next() {
        return Some(format!("it has the critical option '{name}', which is not known for hosts"));
    }
    let principals = certificate.valid_principals();
    if !principals.is_empty() && !principals.iter().any(|p| pattern::matches(host, &p.to_lowercase())) {
        return Some(format!("it is for {}, not for {host}", principals.join(", ")));
    }
    None
}

fn speaks_of(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::Patterns(list) => {
            let list: Vec<String> = list.iter().map(|p| p.to_lowercase()).collect();
            pattern::list_matches(name, list.iter().map(String::as_str))
        }
        HostPatterns::HashedName { salt, hash } => name_hash(salt, name).is_some_and(|h| h[..] == hash[..]),
    }
}

fn name_hash(salt: &[u8], name: &str) -> Option<Vec<u8>> {
    let hmac = Hmac::<Sha1>::new_from_slice(salt).ok()?;
    Some(hmac.chain_update(name.as_bytes()).finalize().into_bytes().to_vec())
}

/// Adds a host's key to a file, which is made if it is missing; `hashed` hides the name.
///
/// # Errors
/// When the file can't be written.
pub fn learn(file: &Path, host: &str, port: u16, key: &PublicKey, hashed: bool) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let mut name = known_name(host, port);
    if hashed {
        let mut salt = [0u8; 20];
        fs::File::open("/dev/urandom")?.read_exact(&mut salt)?;
        let hash = name_hash(&salt, &name).unwrap_or_default();
        name = format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash));
    }
    let mut plain = key.clone();
    plain.set_comment("");
    let text = plain.to_openssh().map_err(io::Error::other)?;
    if let Some(dir) = file.parent().filter(|d| !d.is_dir()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    let mut out = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(file)?;
    let mut line = format!("{name} {}\n", text.trim());
    // A last line without an end must not swallow ours.
    if out.seek(SeekFrom::End(-1)).is_ok() {
        let mut last = [0u8];
        out.read_exact(&mut last)?;
        if last != *b"\n" {
            line.insert(0, '\n');
        }
    }
    // One write: others may append at the same time.
    out.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";

    fn key(text: &str) -> PublicKey {
        PublicKey::from_openssh(text).unwrap()
    }

    fn known(text: &str, host: &str, port: u16) -> KnownHosts {
        let mut known = KnownHosts { host: host.into(), ..KnownHosts::default() };
        known.add(Path::new("kh"), text, port);
        known
    }

    fn place(line: usize) -> Place {
        Place { file: "kh".into(), line }
    }

    #[test]
    fn lines_speak_of_hosts() {
        let changed = |line| Verdict::Changed { known: fingerprint(&key(TWO)), place: place(line) };
        for (text, host, port, want) in [
            (format!("a {ONE}"), "a", 22, Verdict::Known),
            (format!("# c\n\n  b,A\t{ONE} me@there"), "a", 22, Verdict::Known),
            (format!("a {ONE}"), "b", 22, Verdict::New),
            (format!("# c\na {TWO}"), "a", 22, changed(2)),
            (format!("a {TWO}\na {ONE}"), "a", 22, Verdict::Known),
            (format!("[a]:2222 {ONE}"), "a", 2222, Verdict::Known),
            (format!("[a]:2222 {ONE}"), "a", 22, Verdict::New),
            (format!("a {ONE}"), "a", 2222, Verdict::Known),
            (format!("a {TWO}"), "a", 2222, Verdict::New),
            (format!("*.net,!b.net {ONE}"), "a.net", 22, Verdict::Known),
            (format!("*.net,!b.net {ONE}"), "b.net", 22, Verdict::New),
            (format!("a {ONE}\n@revoked * {ONE}"), "a", 22, Verdict::Revoked { place: place(2) }),
            (format!("a {ONE}\n@revoked * {ONE}"), "a", 99, Verdict::Revoked { place: place(2) }),
            (format!("@cert-authority * {ONE}"), "a", 22, Verdict::New),
        ] {
            assert_eq!(known(&text, host, port).check_key(&key(ONE)), want, "{text} for {host}:{port}");
        }
    }

    #[test]
    fn a_line_without_a_key_is_told() {
        let known = known("a ssh-ed25519 nonsense\nb ssh-ed25519 nonsense\n", "a", 22);
        assert_eq!(known.unreadable, [place(1)]);
    }

    #[test]
    fn what_is_learnt_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new/known_hosts");
        for (port, hashed) in [(22, false), (2222, false), (22, true), (2222, true)] {
            let _ = fs::remove_file(&file);
            learn(&file, "Web", port, &key(ONE), hashed).unwrap();
            let read = |host| KnownHosts::read(std::slice::from_ref(&file), host, port).unwrap();
            assert_eq!(read("web").check_key(&key(ONE)), Verdict::Known);
            assert_eq!(read("other").check_key(&key(ONE)), Verdict::New);
            assert_eq!(fs::read_to_string(&file).unwrap().contains("web"), !hashed);
        }
        fs::write(&file, "no end").unwrap();
        learn(&file, "web", 22, &key(ONE), false).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("no end\nweb {ONE}\n"));
    }

    fn ssh_keygen(dir: &Path, args: &[&str]) -> Option<String> {
        let out = Command::new("ssh-keygen").args(args).current_dir(dir).output().ok();
        let Some(out) = out else {
            eprintln!("skipped: no ssh-keygen on this machine");
            return None;
        };
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        Some(String::from_utf8_lossy(&out.stdout).into_owned())
    }

    #[test]
    fn reads_what_openssh_hashes_and_tells_its_fingerprints() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("kh");
        fs::write(&file, format!("web {ONE}\n[web]:2222 {TWO}\n")).unwrap();
        let Some(_) = ssh_keygen(dir.path(), &["-H", "-f", "kh"]) else { return };
        assert!(fs::read_to_string(&file).unwrap().starts_with("|1|"));
        let read = |port| KnownHosts::read(std::slice::from_ref(&file), "web", port).unwrap();
        assert_eq!(read(22).check_key(&key(ONE)), Verdict::Known);
        assert_eq!(read(2222).check_key(&key(TWO)), Verdict::Known);
        assert!(matches!(read(22).check_key(&key(TWO)), Verdict::Changed { .. }));
        fs::write(dir.path().join("one.pub"), ONE).unwrap();
        let shown = ssh_keygen(dir.path(), &["-l", "-f", "one.pub"]).unwrap();
        assert_eq!(shown.split(' ').nth(1), Some(&*fingerprint(&key(ONE))));
        // And the other way round: OpenSSH finds what we have hashed.
        fs::remove_file(&file).unwrap();
        learn(&file, "web", 2222, &key(ONE), true).unwrap();
        assert!(ssh_keygen(dir.path(), &["-F", "[web]:2222", "-f", "kh"]).unwrap().contains("found: line 1"));
    }

    #[test]
    fn certificates_of_known_authorities_only() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["ca", "other", "host"] {
            let Some(_) = ssh_keygen(dir.path(), &["-q", "-t", "ed25519", "-N", "", "-f", name]) else { return };
        }
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap().trim().to_string();
        let sign = |args: &[&str]| {
            ssh_keygen(dir.path(), &[&["-q", "-s", "ca", "-I", "id"], args, &["host.pub"]].concat()).unwrap();
            Certificate::from_openssh(&read("host-cert.pub")).unwrap()
        };
        let trusted = format!("@cert-authority *.net {}", read("ca.pub"));
        let check = |text: &str, host: &str, cert: &Certificate| known(text, host, 22).check_certificate(cert);
        let good = sign(&["-h", "-n", "a.net,web*.net"]);
        assert_eq!(check(&trusted, "a.net", &good), Verdict::Known);
        assert_eq!(check(&trusted, "web7.net", &good), Verdict::Known);
        assert_eq!(check(&trusted, "a.org", &good), Verdict::New);
        assert!(matches!(check(&trusted, "b.net", &good), Verdict::BadCertificate { .. }));
        let other = format!("@cert-authority *.net {}", read("other.pub"));
        assert_eq!(check(&other, "a.net", &good), Verdict::New);
        let revoked = format!("{trusted}\n@revoked * {}", read("ca.pub"));
        assert_eq!(check(&revoked, "a.net", &good), Verdict::Revoked { place: place(2) });
        let old = sign(&["-h", "-n", "a.net", "-V", "20200101:20200102"]);
        assert_eq!(check(&trusted, "a.net", &old), Verdict::BadCertificate { why: "it has run out".into() });
        let user = sign(&["-n", "a.net"]);
        assert!(matches!(check(&trusted, "a.net", &user), Verdict::BadCertificate { .. }));
    }
}
