//! Distributions by their release files. Files as the distributions ship them, shortened; what is expected was recorded
//! from ansible-core 2.19.14 run over them, on a machine without `lsb_release`.

use super::super::fake::facts_of;
use super::*;

/// Files, and distribution, version, major version, release, family.
type Case<'a> = (&'a [(&'a str, &'a str)], [&'a str; 5]);

const CASES: &[Case<'_>] = &[
    (
        &[
            (
                "etc/os-release",
                "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n",
            ),
            ("etc/debian_version", "12.11\n"),
        ],
        ["Debian", "12.11", "12", "bookworm", "Debian"],
    ),
    (
        &[
            (
                "etc/os-release",
                "PRETTY_NAME=\"Ubuntu 22.04.4 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nVERSION=\"22.04.4 LTS (Jammy Jellyfish)\"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\n",
            ),
            ("etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\n"),
            ("etc/debian_version", "bookworm/sid\n"),
        ],
        ["Ubuntu", "22.04", "22", "jammy", "Debian"],
    ),
    (
        &[
            (
                "etc/os-release",
                "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"8.6 (Ootpa)\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"8.6\"\n",
            ),
            ("etc/redhat-release", "Red Hat Enterprise Linux release 8.6 (Ootpa)\n"),
        ],
        ["RedHat", "8.6", "8", "Ootpa", "RedHat"],
    ),
    (
        &[
            (
                "etc/os-release",
                "NAME=\"CentOS Linux\"\nVERSION=\"7 (Core)\"\nID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"7\"\n",
            ),
            ("etc/centos-release", "CentOS Linux release 7.9.2009 (Core)\n"),
            ("etc/redhat-release", "CentOS Linux release 7.9.2009 (Core)\n"),
        ],
        ["CentOS", "7.9", "7", "Core", "RedHat"],
    ),
    (
        &[
            (
                "etc/os-release",
                "NAME=\"CentOS Stream\"\nVERSION=\"9\"\nID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9\"\n",
            ),
            ("etc/centos-release", "CentOS Stream release 9\n"),
        ],
        ["CentOS", "9", "9", "Stream", "RedHat"],
    ),
    (
        &[
            (
                "etc/os-release",
                "NAME=\"Rocky Linux\"\nVERSION=\"9.2 (Blue Onyx)\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.2\"\n",
            ),
            ("etc/redhat-release", "Rocky Linux release 9.2 (Blue Onyx)\n"),
        ],
        ["Rocky", "9.2", "9", "Blue Onyx", "RedHat"],
    ),
    (
        &[
            (
                "etc/os-release",
                "NAME=\"AlmaLinux\"\nVERSION=\"8.7 (Stone Smilodon)\"\nID=\"almalinux\"\nVERSION_ID=\"8.7\"\n",
            ),
            ("etc/redhat-release", "AlmaLinux release 8.7 (Stone Smilodon)\n"),
        ],
        ["AlmaLinux", "8.7", "8", "Stone Smilodon", "RedHat"],
    ),
    (
        &[
            (
                "etc/os-release",
                "NAME=\"Fedora Linux\"\nVERSION=\"40 (Container Image)\"\nID=fedora\nVERSION_ID=40\nVERSION_CODENAME=\"\"\n",
            ),
            ("etc/redhat-release", "Fedora release 40 (Forty)\n"),
        ],
        ["Fedora", "40", "40", "", "RedHat"],
    ),
    (
        &[
            (
                "etc/os-release",
                "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n",
            ),
            ("etc/system-release", "Amazon Linux release 2023.3 (Amazon Linux)\n"),
        ],
        ["Amazon", "2023", "2023", "NA", "RedHat"],
    ),
    (
        &[(
            "etc/os-release",
            "NAME=\"SLES\"\nVERSION=\"15-SP4\"\nVERSION_ID=\"15.4\"\nPRETTY_NAME=\"SUSE Linux Enterprise Server 15 SP4\"\nID=\"sles\"\nID_LIKE=\"suse\"\n",
        )],
        ["SLES", "15.4", "15", "4", "Suse"],
    ),
    (
        &[("etc/os-release", "NAME=\"openSUSE Leap\"\nVERSION=\"15.5\"\nID=\"opensuse-leap\"\nVERSION_ID=\"15.5\"\n")],
        ["openSUSE Leap", "15.5", "15", "5", "Suse"],
    ),
    (
        &[("etc/os-release", "NAME=\"openSUSE Tumbleweed\"\nID=\"opensuse-tumbleweed\"\nVERSION_ID=\"20240101\"\n")],
        ["openSUSE Tumbleweed", "20240101", "20240101", "", "Suse"],
    ),
    (
        &[
            ("etc/os-release", "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.19.1\n"),
            ("etc/alpine-release", "3.19.1\n"),
        ],
        ["Alpine", "3.19.1", "3", "NA", "Alpine"],
    ),
    (
        &[("etc/SuSE-release", "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 3\n")],
        ["SLES", "11.3", "11", "3", "Suse"],
    ),
    (&[("etc/redhat-release", "CentOS release 6.7 (Final)\n")], ["CentOS", "6.7", "6", "Final", "RedHat"]),
    (
        &[(
            "etc/os-release",
            "NAME=\"SLES\"\nVERSION=\"12\"\nVERSION_ID=\"12\"\nPRETTY_NAME=\"SUSE Linux Enterprise Server 12\"\nID=\"sles\"\n",
        )],
        ["SLES", "12", "12", "0", "Suse"],
    ),
    (
        &[("etc/os-release", "NAME=\"Void\"\nID=\"void\"\nPRETTY_NAME=\"Void Linux\"\n")],
        ["Void", "NA", "NA", "NA", "Void"],
    ),
    (
        &[("etc/os-release", "NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n"), ("etc/arch-release", "")],
        ["Archlinux", "NA", "NA", "NA", "Archlinux"],
    ),
    (
        &[
            ("etc/os-release", "NAME=\"Manjaro Linux\"\nID=manjaro\nID_LIKE=arch\nBUILD_ID=rolling\n"),
            ("etc/arch-release", "Manjaro Linux\n"),
        ],
        ["Archlinux", "NA", "NA", "NA", "Archlinux"],
    ),
    (
        &[
            ("etc/os-release", "NAME=Gentoo\nID=gentoo\nVERSION_ID=\"2.14\"\n"),
            ("etc/gentoo-release", "Gentoo Base System release 2.14\n"),
        ],
        ["Gentoo", "2.14", "2", "NA", "Gentoo"],
    ),
    (
        &[
            (
                "etc/os-release",
                "NAME=\"Oracle Linux Server\"\nVERSION=\"8.9\"\nID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"8.9\"\n",
            ),
            ("etc/oracle-release", "Oracle Linux Server release 8.9\n"),
            ("etc/redhat-release", "Red Hat Enterprise Linux release 8.9 (Ootpa)\n"),
        ],
        ["OracleLinux", "8.9", "8", "NA", "RedHat"],
    ),
    (
        &[
            ("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux trixie/sid\"\nVERSION_CODENAME=trixie\nID=debian\n"),
            ("etc/debian_version", "trixie/sid\n"),
        ],
        ["Debian", "trixie/sid", "trixie/sid", "trixie", "Debian"],
    ),
    (
        &[
            (
                "etc/os-release",
                "VERSION_ID=\"11\"\nVERSION=\"11 (bullseye)\"\nVERSION_CODENAME=bullseye\nID=raspbian\nID_LIKE=debian\n",
            ),
            ("etc/debian_version", "11.7\n"),
        ],
        ["Debian", "11", "11", "bullseye", "Debian"],
    ),
    (
        &[(
            "etc/os-release",
            "NAME=\"Linux Mint\"\nVERSION=\"21.2 (Victoria)\"\nID=linuxmint\nVERSION_ID=\"21.2\"\nVERSION_CODENAME=victoria\nUBUNTU_CODENAME=jammy\n",
        )],
        ["Linux Mint", "21.2", "21", "victoria", "Debian"],
    ),
    (
        &[
            ("etc/os-release", "NAME=\"Amazon Linux\"\nVERSION=\"2\"\nID=\"amzn\"\nVERSION_ID=\"2\"\n"),
            ("etc/system-release", "Amazon Linux release 2 (Karoo)\n"),
        ],
        ["Amazon", "2", "2", "NA", "RedHat"],
    ),
    // One that nobody knows is its own family.
    (
        &[("etc/os-release", "NAME=\"Some Thing\"\nID=something\nVERSION_ID=1.2\n")],
        ["Some Thing", "1.2", "1", "NA", "Some Thing"],
    ),
];

fn shown(facts: &Facts) -> [&str; 5] {
    ["distribution", "distribution_version", "distribution_major_version", "distribution_release", "os_family"]
        .map(|name| facts.text(name))
}

#[test]
fn release_files_tell_the_distribution() {
    for (files, expected) in CASES {
        assert_eq!(shown(&facts_of(distribution, files, &[])), *expected, "{files:?}");
    }
}
