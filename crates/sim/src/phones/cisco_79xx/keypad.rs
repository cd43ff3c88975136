//! The reset codes typed while the lamps run.

use crate::Key;

/// What a complete code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reset {
    /// `123456789*0#`: the settings and the table of what to start.
    Soft,
    /// `3491672850*#`: everything but the boot loader.
    Wipe,
}

const CODES: &[(&str, Reset)] = &[("123456789*0#", Reset::Soft), ("3491672850*#", Reset::Wipe)];

/// What a key press means for the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// It may still become a code.
    More,
    /// It is one.
    Code(Reset),
    /// It cannot become one.
    Wrong,
}

/// The keys typed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    typed: String,
}

impl Code {
    /// One more key. With `forgives_double` the same key twice in a row counts once.
    pub(super) fn press(&mut self, key: Key, forgives_double: bool) -> Typed {
        let Some(c) = key.to_char() else { return Typed::Wrong };
        if forgives_double && self.typed.ends_with(c) {
            return Typed::More;
        }
        self.typed.push(c);
        match CODES.iter().find(|(code, _)| code.starts_with(&self.typed)) {
            Some((code, reset)) if *code == self.typed => Typed::Code(*reset),
            Some(_) => Typed::More,
            None => Typed::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, forgives_double: bool) -> Typed {
        let mut code = Code::default();
        Key::sequence(text).unwrap().into_iter().fold(Typed::More, |_, key| code.press(key, forgives_double))
    }

    #[test]
    fn codes_are_taken_key_by_key() {
        assert_eq!(typed("123456789*0#", false), Typed::Code(Reset::Soft));
        assert_eq!(typed("3491672850*#", false), Typed::Code(Reset::Wipe));
        assert_eq!(typed("123456789*0", false), Typed::More);
        assert_eq!(typed("124", false), Typed::Wrong);
        assert_eq!(typed("#", false), Typed::Wrong);
    }

    #[test]
    fn the_same_key_twice_is_forgiven_where_the_maker_says_so() {
        assert_eq!(typed("1223456789**0#", true), Typed::Code(Reset::Soft));
        assert_eq!(typed("122", false), Typed::Wrong);
    }
}
