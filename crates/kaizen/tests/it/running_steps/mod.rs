//! Which steps run, when, how often, and how they end.

mod ending;
mod fan_out;
mod scheduling;
mod skipping;
