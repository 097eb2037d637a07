//! Which distribution this is: name, version, release name, family.
//!
//! os-release tells on every system of this decade; older ones by their own files. [`DISTRIBUTIONS`] turns its `ID`
//! into the names that playbooks compare with. What isn't in the table keeps the `NAME` it has, and is its own family.

use super::machine::assignments;
use super::{Facts, Machine};

/// One distribution that os-release's `ID` (or the start of a release file) names.
struct Distribution {
    id: &'static str,
    name: &'static str,
    family: &'static str,
    /// The file that Ansible looks at for it, and which parser it uses; where several are there, the first.
    files: &'static [(&'static str, &'static str)],
}

const fn row(
    id: &'static str,
    name: &'static str,
    family: &'static str,
    files: &'static [(&'static str, &'static str)],
) -> Distribution {
    Distribution { id, name, family, files }
}

const RED_HAT: &[(&str, &str)] = &[("/etc/redhat-release", "RedHat"), ("/etc/os-release", "NA")];
const DEBIAN: &[(&str, &str)] =
    &[("/etc/os-release", "Debian"), ("/etc/lsb-release", "Debian"), ("/usr/lib/os-release", "Debian")];
const SUSE: &[(&str, &str)] = &[("/etc/os-release", "SUSE"), ("/etc/SuSE-release", "SUSE")];
const AMAZON: &[(&str, &str)] = &[("/etc/os-release", "Amazon"), ("/etc/system-release", "Amazon")];
const CENTOS: &[(&str, &str)] = &[("/etc/redhat-release", "RedHat"), ("/etc/centos-release", "CentOS")];
const OTHER: &[(&str, &str)] = &[("/etc/os-release", "NA"), ("/usr/lib/os-release", "NA")];

const DISTRIBUTIONS: &[Distribution] = &[
    row("debian", "Debian", "Debian", DEBIAN),
    row("ubuntu", "Ubuntu", "Debian", DEBIAN),
    row("raspbian", "Debian", "Debian", DEBIAN),
    row("devuan", "Devuan", "Debian", DEBIAN),
    row("linuxmint", "Linux Mint", "Debian", DEBIAN),
    row("pop", "Pop!_OS", "Debian", DEBIAN),
    row("neon", "KDE neon", "Debian", DEBIAN),
    row("kali", "Kali", "Debian", DEBIAN),
    row("parrot", "Parrot", "Debian", DEBIAN),
    row("steamos", "SteamOS", "Debian", DEBIAN),
    row("cumulus-linux", "Cumulus Linux", "Debian", DEBIAN),
    row("osmc", "OSMC", "Debian", DEBIAN),
    row("pardus", "Pardus GNU/Linux", "Debian", DEBIAN),
    row("deepin", "Deepin", "Debian", DEBIAN),
    row("uos", "Uos", "Debian", DEBIAN),
    row("rhel", "RedHat", "RedHat", RED_HAT),
    row("redhat", "RedHat", "RedHat", RED_HAT),
    row("fedora", "Fedora", "RedHat", RED_HAT),
    row("centos", "CentOS", "RedHat", CENTOS),
    row("rocky", "Rocky", "RedHat", RED_HAT),
    row("almalinux", "AlmaLinux", "RedHat", RED_HAT),
    row("ol", "OracleLinux", "RedHat", &[("/etc/oracle-release", "OracleLinux"), ("/etc/redhat-release", "RedHat")]),
    row("scientific", "Scientific", "RedHat", RED_HAT),
    row("cloudlinux", "CloudLinux", "RedHat", RED_HAT),
    row("virtuozzo", "Virtuozzo", "RedHat", RED_HAT),
    row("eurolinux", "EuroLinux", "RedHat", RED_HAT),
    row("miraclelinux", "MIRACLE", "RedHat", RED_HAT),
    row("tencentos", "TencentOS", "RedHat", CENTOS),
    row("xenenterprise", "XenServer", "RedHat", RED_HAT),
    row("alinux", "Alibaba", "RedHat", RED_HAT),
    row("openEuler", "openEuler", "RedHat", OTHER),
    row("euleros", "EulerOS", "RedHat", OTHER),
    row("kylin", "Kylin Linux Advanced Server", "RedHat", OTHER),
    row("amzn", "Amazon", "RedHat", AMAZON),
    row("opensuse-leap", "openSUSE Leap", "Suse", SUSE),
    row("opensuse-tumbleweed", "openSUSE Tumbleweed", "Suse", SUSE),
    row("opensuse-microos", "openSUSE MicroOS", "Suse", SUSE),
    row("opensuse", "openSUSE", "Suse", SUSE),
    row("sles_sap", "SLES_SAP", "Suse", SUSE),
    row("sles", "SLES", "Suse", SUSE),
    row("sled", "SLED", "Suse", SUSE),
    row("sl-micro", "SL-Micro", "Suse", SUSE),
    row("alp-dolomite", "ALP-Dolomite", "Suse", SUSE),
    row("arch", "Archlinux", "Archlinux", &[("/etc/arch-release", "Archlinux"), ("/etc/os-release", "Archlinux")]),
    row("manjaro", "Archlinux", "Archlinux", &[("/etc/arch-release", "Archlinux"), ("/etc/os-release", "NA")]),
    row("antergos", "Antergos", "Archlinux", OTHER),
    row("alpine", "Alpine", "Alpine", &[("/etc/alpine-release", "Alpine")]),
    row("gentoo", "Gentoo", "Gentoo", &[("/etc/os-release", "NA"), ("/etc/gentoo-release", "Gentoo")]),
    row("funtoo", "Funtoo", "Gentoo", OTHER),
    row("clear-linux-os", "Clear Linux OS", "ClearLinux", &[("/usr/lib/os-release", "ClearLinux")]),
    row("flatcar", "Flatcar", "Flatcar", OTHER),
    row("coreos", "Coreos", "Coreos", OTHER),
    row("altlinux", "Altlinux", "Altlinux", &[("/etc/altlinux-release", "Altlinux")]),
    row("slackware", "Slackware", "Slackware", &[("/etc/slackware-version", "Slackware")]),
    row("openwrt", "OpenWrt", "OpenWrt", &[("/etc/openwrt_release", "OpenWrt")]),
    row("mageia", "Mageia", "Mandrake", OTHER),
    row("mandriva", "Mandriva", "Mandrake", OTHER),
    row("smgl", "SMGL", "SMGL", &[("/etc/sourcemage-release", "SMGL")]),
];

/// Release files of the time before os-release, with the text that names the distribution.
const OLD_RELEASES: &[(&str, &str, &str)] = &[
    ("/etc/centos-release", "CentOS", "centos"),
    ("/etc/oracle-release", "Oracle", "ol"),
    ("/etc/redhat-release", "CentOS", "centos"),
    ("/etc/redhat-release", "Fedora", "fedora"),
    ("/etc/redhat-release", "Scientific", "scientific"),
    ("/etc/redhat-release", "Red Hat", "rhel"),
    ("/etc/system-release", "Amazon", "amzn"),
    ("/etc/SuSE-release", "SUSE Linux Enterprise Server", "sles"),
    ("/etc/SuSE-release", "SUSE Linux Enterprise Desktop", "sled"),
    ("/etc/SuSE-release", "openSUSE", "opensuse"),
    ("/etc/alpine-release", "", "alpine"),
    ("/etc/arch-release", "", "arch"),
    ("/etc/gentoo-release", "", "gentoo"),
    ("/etc/slackware-version", "", "slackware"),
    ("/etc/sourcemage-release", "", "smgl"),
    ("/etc/altlinux-release", "", "altlinux"),
    ("/etc/openwrt_release", "", "openwrt"),
    ("/etc/debian_version", "", "debian"),
];

/// What was found out.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    name: String,
    family: String,
    version: String,
    release: String,
    minor: Option<String>,
    file: Option<(&'static str, &'static str)>,
}

pub(super) fn distribution(machine: &Machine<'_>, facts: &mut Facts) {
    let found = detect(machine);
    facts.set("distribution", found.name);
    facts.set("distribution_release", found.release);
    facts.set("distribution_major_version", found.version.split('.').next().unwrap_or_default());
    facts.set("distribution_version", found.version);
    facts.set("os_family", found.family);
    if let Some(minor) = found.minor {
        facts.set("distribution_minor_version", minor);
    }
    if let Some((path, variety)) = found.file {
        facts.set("distribution_file_path", path);
        facts.set("distribution_file_variety", variety);
        facts.set("distribution_file_parsed", true);
    }
}

fn detect(machine: &Machine<'_>) -> Found {
    let os = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|path| machine.value(path))
        .map(|text| assignments(&text))
        .unwrap_or_default();
    let lsb = assignments(&machine.read("/etc/lsb-release").unwrap_or_default());
    let of = |all: &[(String, String)], name: &str| {
        all.iter().find(|(k, _)| k == name).map(|(_, v)| v.trim().to_string()).filter(|v| !v.is_empty())
    };
    let old = || {
        let found = OLD_RELEASES.iter().find(|(path, text, _)| machine.read(path).is_some_and(|t| t.starts_with(text)));
        found.map(|(_, _, id)| id.to_string())
    };
    let id = of(&os, "ID").or_else(|| of(&lsb, "DISTRIB_ID").map(|id| id.to_lowercase())).or_else(old);
    let id = id.unwrap_or_else(|| "linux".into());
    let row = DISTRIBUTIONS
        .iter()
        .find(|d| d.id.eq_ignore_ascii_case(&id) || (d.id == "opensuse" && id.starts_with("opensuse")));
    let release_file = [
        "/etc/centos-release",
        "/etc/oracle-release",
        "/etc/redhat-release",
        "/etc/system-release",
        "/etc/SuSE-release",
    ]
    .iter()
    .find_map(|path| machine.value(path))
    .unwrap_or_default();
    let version = of(&os, "VERSION_ID")
        .or_else(|| of(&lsb, "DISTRIB_RELEASE"))
        .or_else(|| first_number(&release_file).map(String::from));
    // Python's `distro`, which Ansible asks: the code name's own line, else the parentheses after the version.
    let codename = match os.iter().find(|(k, _)| k == "VERSION_CODENAME" || k == "UBUNTU_CODENAME") {
        Some((_, name)) => Some(name.clone()),
        None => of(&os, "VERSION").and_then(|v| in_parentheses(&v)).or_else(|| of(&lsb, "DISTRIB_CODENAME")),
    };
    let own_name = || of(&os, "NAME").unwrap_or_else(|| capitalised(&id));
    let mut found = Found {
        name: row.map_or_else(own_name, |d| d.name.to_string()),
        family: row.map_or_else(own_name, |d| d.family.to_string()),
        version: version.unwrap_or_default(),
        release: codename.unwrap_or_default(),
        minor: None,
        file: row.map_or(OTHER, |d| d.files).iter().copied().find(|(path, _)| machine.exists(path)),
    };
    refine(&mut found, machine, &os, &id, &release_file);
    for text in [&mut found.version, &mut found.release] {
        // Fedora alone has releases without a name on purpose; so has Tumbleweed.
        let nameless = matches!(found.name.as_str(), "Fedora" | "openSUSE Tumbleweed");
        if text.is_empty() && !nameless {
            *text = "NA".into();
        }
    }
    found
}

/// What single distributions do otherwise.
fn refine(found: &mut Found, machine: &Machine<'_>, os: &[(String, String)], id: &str, release_file: &str) {
    let os_value = |name: &str| os.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).unwrap_or_default();
    match found.family.as_str() {
        // Ansible takes a Raspbian for a Debian, without its point release.
        _ if id == "debian" => {
            let point = machine.value("/etc/debian_version").unwrap_or_default();
            if point.starts_with(|c: char| c.is_ascii_digit()) {
                found.minor = point.split_once('.').map(|(_, minor)| minor.to_string());
                found.version = point;
            } else if found.version.is_empty() {
                // Testing and unstable: `trixie/sid`.
                if found.release.is_empty() {
                    found.release = point.split('/').next().unwrap_or_default().to_string();
                }
                found.version = point;
            }
        }
        "Debian" if found.release.is_empty() => {
            // `Devuan GNU/Linux ascii`: the last word, where it is a name.
            let pretty = os_value("PRETTY_NAME");
            let last = pretty.rsplit(' ').next().unwrap_or_default();
            if found.name == "Devuan" && last.chars().all(|c| c.is_ascii_lowercase()) {
                found.release = last.to_string();
            } else if found.name == "Cumulus Linux" {
                found.release = os_value("VERSION").to_string();
            }
        }
        "RedHat" if found.name == "CentOS" => {
            if release_file.starts_with("CentOS Stream") {
                found.release = "Stream".into();
                found.file = Some(("/etc/centos-release", "CentOS"));
            } else {
                let parts = first_number(release_file).unwrap_or(&found.version).split('.');
                found.version = parts.take(2).collect::<Vec<_>>().join(".");
                found.release = in_parentheses(release_file).unwrap_or_else(|| found.release.clone());
            }
        }
        "RedHat" if found.name == "Amazon" => {
            found.minor = found.version.split_once('.').map(|(_, minor)| minor.to_string());
        }
        "RedHat" if found.release.is_empty() && found.name != "Fedora" => {
            found.release = in_parentheses(release_file).unwrap_or_default();
        }
        "Suse" => {
            // Before 2018 both openSUSEs had the same ID.
            if id == "opensuse" && os_value("NAME").starts_with("openSUSE ") {
                found.name = os_value("NAME").to_string();
            }
            if id == "sles"
                && machine.target_name("/etc/products.d/baseproduct").is_some_and(|n| n.starts_with("SLES_SAP"))
            {
                found.name = "SLES_SAP".into();
            }
            let patch =
                release_file.lines().find_map(|l| l.strip_prefix("PATCHLEVEL")).map(|l| l.trim_matches([' ', '=']));
            if os.is_empty()
                && let Some(patch) = patch
            {
                found.version = format!("{}.{patch}", found.version.split('.').next().unwrap_or_default());
            }
            if found.name == "openSUSE Tumbleweed" {
                found.release.clear();
            } else if !matches!(found.name.as_str(), "SL-Micro" | "ALP-Dolomite") {
                let minor = found.version.split_once('.').map_or("0", |(_, minor)| minor);
                found.release = minor.to_string();
            }
        }
        "Archlinux" if found.version == "rolling" && found.release.is_empty() => found.release = "n/a".into(),
        "Alpine" => {
            if let Some(version) = machine.value("/etc/alpine-release") {
                found.version = version;
            }
        }
        "Gentoo" if found.version.is_empty() => {
            let text = machine.value("/etc/gentoo-release").unwrap_or_default();
            found.version = first_number(&text).unwrap_or_default().to_string();
        }
        "Flatcar" => found.release.clear(),
        "ClearLinux" => found.release = id.to_string(),
        _ => {}
    }
}

/// The first number with dots in it.
fn first_number(text: &str) -> Option<&str> {
    let word = text.split_whitespace().find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?;
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    Some(&word[..end])
}

/// `8.6 (Ootpa)` -> `Ootpa`; `16.04 LTS, Xenial Xerus` has none.
fn in_parentheses(text: &str) -> Option<String> {
    let (_, rest) = text.lines().next()?.split_once('(')?;
    rest.split_once(')').map(|(name, _)| name.trim().to_string())
}

fn capitalised(id: &str) -> String {
    let mut chars = id.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect())
}

#[cfg(test)]
#[path = "distribution_tests.rs"]
mod tests;
