//! The page, in a browser.

use pum_tests::browser::Browser;
use serde_json::json;

use super::{drifted, pum};

/// How many differences are shown, and what the page says about it.
const SHOWN: &str = "[[...document.querySelectorAll('.item')]\
                     .filter((item) => item.checkVisibility()).length, \
                     document.querySelector('#found').textContent]";

fn search(browser: &mut Browser, text: &str) {
    browser.execute(&format!(
        "const field = document.querySelector('#search'); field.value = {}; \
         field.dispatchEvent(new Event('input', {{ bubbles: true }}))",
        json!(text)
    ));
}

fn choose(browser: &mut Browser, selector: &str, change: &str) {
    browser.execute(&format!(
        "const field = document.querySelector({}); {change}; \
         field.dispatchEvent(new Event('change', {{ bubbles: true }}))",
        json!(selector)
    ));
}

#[test]
fn the_page_works() {
    let (home, prod, _repo) = drifted();
    prod.execute(
        "CREATE TABLE \"</title></style><script>throw 1</script><img src=x onerror=throw(2)>\" \
         (\"' onclick='throw 3\" int)",
    );
    let Some(mut browser) = Browser::start() else { return };
    pum(&home, "check prod repo --report html=drift.html", &[]).expect(1);
    let page = home.path().join("drift.html").canonicalize().unwrap();
    browser.set_width(1200);
    browser.open(&page);
    assert_eq!(
        browser.evaluate("[document.title, document.querySelector('h1').textContent]"),
        json!([
            "pum check: 8 differences between prod and repo",
            "8 differences between prod and repo"
        ])
    );
    assert_eq!(browser.evaluate("document.scripts.length + document.images.length"), 1);

    assert_eq!(browser.evaluate(SHOWN), json!([8, ""]));
    search(&mut browser, "ORDERS amount");
    assert_eq!(browser.evaluate(SHOWN), json!([2, "2 of 8"]), "a column, and a function's body");
    search(&mut browser, "</script>");
    assert_eq!(browser.evaluate(SHOWN), json!([2, "2 of 8"]));
    search(&mut browser, "");
    choose(&mut browser, "[value=left]", "field.checked = false");
    assert_eq!(browser.evaluate(SHOWN), json!([6, "6 of 8"]));
    choose(&mut browser, "select[data-filter=kind]", "field.value = 'functions'");
    assert_eq!(browser.evaluate(SHOWN), json!([1, "1 of 8"]));
    choose(&mut browser, "select[data-filter=kind]", "field.value = ''");
    choose(&mut browser, "[value=left]", "field.checked = true");
    browser.execute("document.querySelector('#fold').click()");
    assert_eq!(browser.evaluate(SHOWN), json!([0, ""]));

    // A link to one difference unfolds it.
    browser.execute(
        "location.hash = [...document.querySelectorAll('.item')].find((item) => \
         item.textContent.includes('numeric')).id",
    );
    assert_eq!(browser.evaluate("document.querySelectorAll('details.group[open]').length"), 1);
    let marks = "[...document.querySelectorAll(':target mark')].map((mark) => mark.textContent)";
    assert_eq!(browser.evaluate(marks), json!(["10", "12"]));
    browser.execute("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(browser.evaluate(SHOWN), json!([8, ""]), "paper shows all");

    assert_eq!(browser.console(), [""; 0]);
    assert_eq!(browser.requests(), [format!("file://{}", page.display())]);
}

#[test]
fn the_page_fits_every_screen_and_paper() {
    let (home, _prod, _repo) = drifted();
    let Some(mut browser) = Browser::start() else { return };
    pum(&home, "check prod repo --report html=drift.html", &[]).expect(1);
    browser.open(&home.path().join("drift.html"));
    let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    let too_tall = "[...document.querySelectorAll('.sides td')]\
                    .filter((cell) => cell.scrollHeight > cell.clientHeight + 1).length";
    let cell = "getComputedStyle(document.querySelector('.sides td')).display";
    for (width, display) in [(320, "block"), (700, "block"), (1200, "table-cell")] {
        browser.set_width(width);
        assert_eq!(browser.evaluate(overflow), 0, "at {width}");
        assert_eq!(browser.evaluate(cell), display, "at {width}");
        assert_eq!(browser.evaluate(too_tall), 0, "at {width}: lines lie on one another");
    }
    let colours = "[getComputedStyle(document.body).backgroundColor, \
                   getComputedStyle(document.body).color]";
    browser.set_medium("screen", "light");
    assert_eq!(browser.evaluate(colours), json!(["rgb(255, 255, 255)", "rgb(31, 35, 40)"]));
    browser.set_medium("screen", "dark");
    assert_eq!(browser.evaluate(colours), json!(["rgb(13, 17, 23)", "rgb(230, 237, 243)"]));
    browser.set_medium("print", "light");
    let controls = "getComputedStyle(document.querySelector('.controls')).display";
    assert_eq!(browser.evaluate(controls), "none");
    assert_eq!(browser.console(), [""; 0]);
}
