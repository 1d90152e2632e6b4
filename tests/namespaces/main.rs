//! Graphs on real interfaces: veth pairs between network namespaces, which are
//! made for a test and removed after it. Their traffic goes nowhere else.

mod batch;
mod bridge;
mod choice;
mod doctor;
mod flood;
mod frames;
mod interface;
mod network;
mod packet;
mod privileges;
mod raw;
mod running;
mod sfu;
mod silent;
mod upheaval;
