//! Commands outlive the process that started them, and no kill at any moment costs a result or shows half of one.

mod adopting;
mod boundaries;
mod graph;
mod half;
mod kills;
mod locked;
mod no_room;
mod slow;
mod victims;
