//! `list_files!`, of which `pum_core::embed_deltas!` is made. Use that one.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro::{TokenStream, TokenTree};

/// The files of a directory, relative to the one that holds the package's `Cargo.toml`: an array of
/// the path of each within the directory and its bytes.
#[proc_macro]
pub fn list_files(input: TokenStream) -> TokenStream {
    let list = argument(input).and_then(|directory| list(&directory));
    let text = list.unwrap_or_else(|message| format!("compile_error!({message:?})"));
    text.parse().unwrap_or_default()
}

/// The directory that is named by a string literal.
fn argument(input: TokenStream) -> Result<PathBuf, String> {
    let expected =
        || "expected the path of a directory, as in embed_deltas!(\"deltas\")".to_owned();
    let mut tokens = input.into_iter();
    let literal = match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Literal(literal)), None) => literal,
        // What another macro passes on is a group without delimiters.
        (Some(TokenTree::Group(group)), None) => return argument(group.stream()),
        _ => return Err(expected()),
    };
    let text = literal.to_string();
    let path = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let path = path.filter(|path| !path.contains('\\')).ok_or_else(expected)?;
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .ok_or("the environment variable CARGO_MANIFEST_DIR is not set: build with cargo")?;
    Ok(Path::new(&package).join(path))
}

fn list(directory: &Path) -> Result<String, String> {
    let mut files = Vec::new();
    add(directory, "", &mut files)?;
    files.sort();
    let mut list = String::from("&[");
    for (inside, path) in files {
        list += &format!("({inside:?}, include_bytes!({path:?}) as &[u8]),");
    }
    Ok(list + "]")
}

/// Adds the files of a directory and of those in it. Hidden ones are left out.
fn add(directory: &Path, inside: &str, files: &mut Vec<(String, String)>) -> Result<(), String> {
    let unreadable = |err| format!("cannot read the directory {}: {err}", directory.display());
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let not_text = || format!("the path {} is not UTF-8: rename it", path.display());
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(not_text)?;
        if name.starts_with('.') {
            continue;
        }
        let inside = format!("{inside}{name}");
        if path.is_dir() {
            add(&path, &format!("{inside}/"), files)?;
        } else {
            files.push((inside, path.to_str().ok_or_else(not_text)?.to_owned()));
        }
    }
    Ok(())
}
