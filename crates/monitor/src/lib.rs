//! Drift, windows, signals, incidents and their causes: pure functions over data that the engine calls.
