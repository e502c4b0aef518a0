//! Who may import whom. The paths in the sources are held against the table of ARCHITECTURE.md,
//! which lists for each module those it may import; and no file imports itself by way of others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

mod texts;

/// The sources of a crate: its files by the path of the module that each is.
struct Crate {
    files: Vec<File>,
    modules: BTreeMap<Vec<String>, usize>,
}

/// A file of a crate, and what it imports.
struct File {
    /// From the directory of the sources, such as `connect/session.rs`.
    name: String,
    module: Vec<String>,
    /// The names that its `use` lines bring into its module.
    imports: BTreeMap<String, Vec<String>>,
    /// Paths that name something of the same crate.
    references: Vec<Vec<String>>,
}

impl Crate {
    fn read(sources: &Path) -> Self {
        let mut names = Vec::new();
        list(sources, &mut names);
        names.sort();
        let mut files: Vec<File> = names.iter().map(|name| File::read(sources, name)).collect();
        // Stand-ins of a build without a feature are declared with `#[path]`: another file for the
        // same module.
        files.sort_by_key(|file| file.name.contains("/no_"));
        let mut modules = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            modules.entry(file.module.clone()).or_insert(index);
        }
        Self { files, modules }
    }

    /// The file that defines what a path names.
    fn resolve(&self, path: &[String]) -> Option<usize> {
        let mut path = path.to_vec();
        // Re-exports lead on; a path that leads in a circle is none.
        for _ in 0..16 {
            let mut depth = 0;
            while depth < path.len() && self.modules.contains_key(&path[..=depth]) {
                depth += 1;
            }
            let file = *self.modules.get(&path[..depth])?;
            let Some(name) = path.get(depth) else { return Some(file) };
            match self.files[file].imports.get(name) {
                Some(target) => path = [target, &path[depth + 1..]].concat(),
                None => return Some(file),
            }
        }
        None
    }

    /// Which file imports which other ones.
    fn arrows(&self) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut arrows: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (from, file) in self.files.iter().enumerate() {
            for reference in &file.references {
                if let Some(to) = self.resolve(reference).filter(|to| *to != from) {
                    arrows.entry(from).or_default().insert(to);
                }
            }
        }
        arrows
    }

    /// Circles of files, each as its files in order.
    fn circles(&self) -> Vec<Vec<usize>> {
        let arrows = self.arrows();
        let next = |file: usize| arrows.get(&file).into_iter().flatten().copied();
        let mut circles: Vec<Vec<usize>> = Vec::new();
        for start in 0..self.files.len() {
            if circles.iter().any(|circle| circle.contains(&start)) {
                continue;
            }
            // The shortest way back to where it began.
            let mut came_from = BTreeMap::new();
            let mut queue = std::collections::VecDeque::from([start]);
            'search: while let Some(file) = queue.pop_front() {
                for to in next(file) {
                    if to == start {
                        let mut circle = vec![file];
                        while circle[circle.len() - 1] != start {
                            circle.push(came_from[&circle[circle.len() - 1]]);
                        }
                        circle.reverse();
                        circles.push(circle);
                        break 'search;
                    }
                    if let std::collections::btree_map::Entry::Vacant(entry) = came_from.entry(to) {
                        entry.insert(file);
                        queue.push_back(to);
                    }
                }
            }
        }
        circles
    }

    /// The modules at the top that each of them imports, with a file that does.
    fn imports_of_modules(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let mut imports: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (from, targets) in self.arrows() {
            for to in targets {
                let [from_module, to_module] = [from, to].map(|file| self.top(file));
                // What the crate's front page re-exports is resolved to where it is defined.
                if from_module != to_module && !from_module.is_empty() && !to_module.is_empty() {
                    let file = self.files[from].name.clone();
                    imports.entry(from_module).or_default().entry(to_module).or_insert(file);
                }
            }
        }
        imports
    }

    fn top(&self, file: usize) -> String {
        self.files[file].module.first().cloned().unwrap_or_default()
    }
}

/// The names of the Rust files below a directory, without those that only hold tests.
fn list(directory: &Path, names: &mut Vec<PathBuf>) {
    const WITHOUT: [&str; 3] = ["main.rs", "properties.rs", "tests.rs"];
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        if path.is_dir() {
            list(&path, names);
        } else if name.ends_with(".rs") && !WITHOUT.contains(&name) {
            names.push(path);
        }
    }
}

impl File {
    fn read(sources: &Path, path: &Path) -> Self {
        let name = path.strip_prefix(sources).unwrap().with_extension("");
        let mut module: Vec<String> =
            name.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        if let Some(last) = module.last_mut()
            && let Some(stand_in_for) = last.strip_prefix("no_")
        {
            *last = stand_in_for.to_owned();
        }
        let syntax = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
        let mut reader = Reader {
            module: module.clone(),
            children: children(path),
            inside: Vec::new(),
            imports: BTreeMap::new(),
            references: Vec::new(),
        };
        reader.visit_file(&syntax);
        let Reader { imports, references, .. } = reader;
        let name = path.strip_prefix(sources).unwrap().display().to_string();
        Self { name, module, imports, references }
    }
}

/// The names of the modules that have a file below that of their parent.
fn children(path: &Path) -> BTreeSet<String> {
    let directory = match path.file_name().and_then(|name| name.to_str()) {
        Some("mod.rs" | "lib.rs") => path.parent().unwrap().to_owned(),
        _ => path.with_extension(""),
    };
    let entries = fs::read_dir(directory).into_iter().flatten();
    let stem = |path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    entries.filter_map(|entry| stem(entry.unwrap().path())).collect()
}

/// Gathers the paths of a file.
struct Reader {
    module: Vec<String>,
    children: BTreeSet<String>,
    /// Modules in the file itself that the reader is in.
    inside: Vec<String>,
    imports: BTreeMap<String, Vec<String>>,
    references: Vec<Vec<String>>,
}

impl Reader {
    /// A path from the root of the crate, if it is one of this crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut at = [&self.module[..], &self.inside].concat();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            // A module below this one.
            child if self.inside.is_empty() && self.children.contains(child) => {}
            _ => return None,
        }
        at.extend_from_slice(rest);
        // What is inside of the same file.
        Some(at)
    }

    fn refer(&mut self, path: &[String]) {
        // A word by itself is a name in its own file, or `super` of `pub(super)`.
        if path.len() > 1 {
            self.references.extend(self.absolute(path));
        }
    }

    /// The paths of a `use` line, each with the name under which it is imported.
    fn use_tree(&mut self, tree: &syn::UseTree, before: &[String], is_public: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.use_tree(&path.tree, &with(&path.ident), is_public),
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    self.use_tree(item, before, is_public);
                }
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.import(before, before.last().cloned(), is_public);
            }
            syn::UseTree::Name(name) => {
                let path = with(&name.ident);
                self.import(&path, Some(name.ident.to_string()), is_public);
            }
            syn::UseTree::Rename(name) => {
                let path = with(&name.ident);
                self.import(&path, Some(name.rename.to_string()), is_public);
            }
            syn::UseTree::Glob(_) => {
                self.import(before, None, is_public);
            }
        }
    }

    fn import(&mut self, path: &[String], name: Option<String>, is_public: bool) {
        let Some(path) = self.absolute(path) else { return };
        // What a module shows of its own files is where it leads to, no need of its.
        let is_shown = is_public && path.starts_with(&self.module);
        if !is_shown {
            self.references.push(path.clone());
        }
        if let Some(name) = name
            && self.inside.is_empty()
        {
            self.imports.insert(name, path);
        }
    }

    /// The paths in the input of a macro, which has no syntax of its own here.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 && !path.is_empty() {
                        self.refer(&std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.refer(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.refer(&path);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !attributes(item).iter().any(is_for_tests) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_some() {
            self.inside.push(item.ident.to_string());
            syn::visit::visit_item_mod(self, item);
            self.inside.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        self.use_tree(&item.tree, &[], is_public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let names: Vec<String> =
                path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.refer(&names);
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        syn::visit::visit_macro(self, item);
        self.tokens(item.tokens.clone());
    }

    // `pub(in crate::upgrade)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        _ => &[],
    }
}

fn is_for_tests(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string();
    list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all (test"))
}

/// The table of ARCHITECTURE.md under a heading: `module -> those that it may import`.
fn table(heading: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = text.split(&format!("\n### {heading}\n")).nth(1).expect(heading);
    let block = section.split("```").nth(1).unwrap();
    let mut table = BTreeMap::new();
    let lines = block.lines().skip(1).filter(|line| !line.trim().is_empty());
    for line in lines {
        let (module, imports) = line.split_once(" -> ").unwrap_or_else(|| panic!("{line}"));
        let imports = imports.split(", ").map(|name| name.trim().to_owned()).collect();
        assert_eq!(
            table.insert(module.trim().to_owned(), imports),
            None,
            "{module} is listed twice"
        );
    }
    table
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn imports_are_those_of_the_table(directory: &str) {
    let allowed = table(directory);
    let imports = Crate::read(&root().join(directory)).imports_of_modules();
    let mut wrong = Vec::new();
    for (module, targets) in &imports {
        for (target, place) in targets {
            if !allowed.get(module).is_some_and(|allowed| allowed.contains(target)) {
                wrong.push(format!("{module} must not import {target}, and does in {place}"));
            }
        }
    }
    for (module, targets) in &allowed {
        for target in targets {
            if !imports.get(module).is_some_and(|imports| imports.contains_key(target)) {
                wrong.push(format!("{module} does not import {target}: take it out of the table"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn no_circles_of_files(directory: &str) {
    let sources = Crate::read(&root().join(directory));
    let name = |file: &usize| sources.files[*file].name.clone();
    let told = |circle: &Vec<usize>| {
        let names: Vec<String> = circle.iter().chain(circle.first()).map(name).collect();
        names.join(" -> ")
    };
    let circles: Vec<String> = sources.circles().iter().map(told).collect();
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), circles.join("\n"));
}

#[test]
fn modules_of_the_library_import_those_that_they_may() {
    imports_are_those_of_the_table("pum-core/src");
}

#[test]
fn modules_of_the_command_import_those_that_they_may() {
    imports_are_those_of_the_table("pum-cli/src");
}

#[test]
fn no_file_of_the_library_imports_itself_by_way_of_others() {
    no_circles_of_files("pum-core/src");
}

#[test]
fn no_file_of_the_command_imports_itself_by_way_of_others() {
    no_circles_of_files("pum-cli/src");
}

/// The table has no circle itself.
#[test]
fn modules_have_an_order() {
    for directory in ["pum-core/src", "pum-cli/src"] {
        let mut left = table(directory);
        while !left.is_empty() {
            let without = |module: &String| {
                let has_none_left = |imports: &BTreeSet<String>| {
                    imports.iter().all(|import| !left.contains_key(import))
                };
                left.get(module).is_none_or(has_none_left)
            };
            let free: Vec<String> = left.keys().filter(|module| without(module)).cloned().collect();
            assert!(!free.is_empty(), "a circle among {:?}", left.keys());
            for module in free {
                left.remove(&module);
            }
        }
    }
}

/// The test itself sees what it is to see.
#[test]
fn circles_and_forbidden_imports_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("lib.rs", "mod a; mod b; mod c; pub use c::Thing;");
    write("a.rs", "use crate::b::B; fn f() { let _ = println!(\"{}\", crate::Thing::new()); }");
    write("b.rs", "pub struct B; fn g() -> super::a::A { todo!() }");
    write("c.rs", "pub struct Thing; #[cfg(test)] mod tests { use crate::a::A; }");
    let sources = Crate::read(directory.path());
    let names = |circle: &Vec<usize>| -> Vec<String> {
        circle.iter().map(|file| sources.files[*file].name.clone()).collect()
    };
    assert_eq!(sources.circles().iter().map(names).collect::<Vec<_>>(), [["a.rs", "b.rs"]]);
    let imports = sources.imports_of_modules();
    assert_eq!(imports["a"].keys().collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(imports["b"]["a"], "b.rs");
    assert!(!imports.contains_key("c"));
}
