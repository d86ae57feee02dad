//! What a registry on its embedded store must survive, each as a test with a ledger of what was acknowledged.
//!
//! The invariants: I1 no acknowledged write is missing; I2 the schema of an id never changes; I3 a schema has one id; I4 the versions
//! of a subject are unique and have no gap; I5 what was acknowledged is read at once; I6 nothing incompatible is stored; I7 what
//! was not acknowledged is there whole or not at all; I8 what was deleted stays deleted. And
//! whatever changed has its record in the audit log, whose chain is whole.

mod audit;
mod corrupt;
mod disk_full;
mod killed;
mod ledger;
mod synced;
