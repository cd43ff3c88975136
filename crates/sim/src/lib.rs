//! Simulated phones, people, cables and faults, written from the facts and never from `profiles/`.
