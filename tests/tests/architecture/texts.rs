//! What the library says is for any program: it names no option and no command of pum.

use std::fs;
use std::sync::LazyLock;

use proc_macro2::{TokenStream, TokenTree};
use regex::Regex;
use syn::visit::Visit;

use super::{attributes, is_for_tests, list, root};

/// The texts of a file, but for those of its documentation and its tests.
#[derive(Default)]
struct Texts(Vec<String>);

impl Texts {
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.0.push(text.value());
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !attributes(item).iter().any(is_for_tests) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta
            && list.path.is_ident("error")
        {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.0.push(text.value());
    }
}

/// An option of pum in a text; one that begins a text is for another program.
static OPTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\s(](--[a-z][a-z-]+|-[a-zA-Z])($|[\s),.:;])").unwrap());

static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    let commands = "check|snapshot|dump|restore|verify|clone|baseline|info|upgrade|lint|repair|\
                    test-and-upgrade|init|doctor|demo";
    Regex::new(&format!(r"\bpum ({commands})\b|pum\.toml")).unwrap()
});

/// Whether a text speaks of an option or a command of pum.
fn names_the_command(text: &str) -> bool {
    let others = ["psql ", "pg_restore --", "gunzip ", "read -r"];
    let is_of_others = others.iter().any(|other| text.contains(other));
    COMMAND.is_match(text) || (OPTION.is_match(text) && !is_of_others)
}

#[test]
fn the_library_names_no_option_and_no_command() {
    let sources = root().join("pum-core/src");
    let mut names = Vec::new();
    list(&sources, &mut names);
    let mut found = Vec::new();
    for path in names {
        let mut texts = Texts::default();
        texts.visit_file(&syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap());
        let name = path.strip_prefix(&sources).unwrap().display().to_string();
        let wrong = texts.0.into_iter().filter(|text| names_the_command(text));
        found.extend(wrong.map(|text| format!("{name}: {text}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    for text in ["use --replace", "pum repair records it", "say (-f)", "in pum.toml"] {
        assert!(names_the_command(text), "{text}");
    }
}
