use pum_core::connect::*;
fn main() {
    let text = std::env::args().nth(1).unwrap();
    let env = Environment {
        variables: std::env::vars().collect(),
        home: std::env::home_dir(),
        user: Some("root".into()),
    };
    match Settings::resolve(&text, &env)
        .and_then(|s| Session::open(&s, &pum_core::Interrupt::new()))
    {
        Ok(s) => println!("ok {}", s.version()),
        Err(e) => {
            println!("{e}");
            std::process::exit(2)
        }
    }
}
