//! The differential harness: small playbooks run by the real ansible-core, their outcomes recorded and compared.
//!
//! ```text
//! tests/compat/<case>/      playbook.yml [case.yml] [inventory] [roles/ ...] expected.json
//! tests/compat-2.4/<case>/  the same, recorded from Ansible 2.4 (old spellings that 2.19 refuses)
//!
//!   real ansible --- record.py ---> JSON lines --- ansible.rs ---> Record ---> expected.json
//!   adept -------- --jsonl -------> JSON lines --- tests/compat.rs -> Record ---> compare.rs
//! ```

mod ansible;
mod case;
mod command;
mod compare;
mod record;
mod stage;

pub use ansible::Ansible;
pub use case::{Case, Folder};
pub use command::main;
pub use compare::{Actions, DROPPED, Dropped, Place, compare};
pub use record::{FileRecord, ItemRecord, PlayRecord, Record, ResultRecord, TaskRecord};
pub use stage::Stage;
