//! Pages as they are written, and what is read out of them.

use proptest::prelude::*;

use super::*;

fn controls(page: &str) -> Vec<(String, String)> {
    let page = Page::read(page.as_bytes());
    let all = page.forms.iter().flat_map(|f| &f.controls).filter(|c| !c.name.is_empty());
    all.map(|c| (c.name.clone(), c.label.clone())).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn a_form_between_the_rows_of_a_table_keeps_its_fields() {
    let page = "<TABLE><FORM METHOD=POST ACTION=/go><TR><TD>File name:<TD><INPUT NAME=f VALUE=\"57i.st\">\
                <TR><TD>Server<TD><INPUT TYPE=TEXT NAME=s></FORM><FORM ACTION=/x><TR><TD>Other<TD><INPUT NAME=o>\
                </FORM></TABLE>";
    let read = Page::read(page.as_bytes());
    assert_eq!(read.forms.len(), 2);
    assert_eq!((read.forms[0].method, read.forms[0].action.as_str()), (Method::Post, "/go"));
    assert_eq!(controls(page), pairs(&[("f", "File name:"), ("s", "Server"), ("o", "Other")]));
    assert_eq!(read.forms[0].controls[0].value, "57i.st");
}

#[test]
fn words_above_a_field_name_it_and_words_behind_a_radio_button_too() {
    let page = "<form><h2>Firmware</h2>File<br><input name=f><p><input type=radio name=p value=1 checked>TFTP \
                <input type=radio name=p value=2> FTP<p>";
    assert_eq!(controls(page), pairs(&[("f", "File"), ("p", "TFTP"), ("p", "FTP")]));
    let read = Page::read(page.as_bytes());
    assert_eq!(read.forms[0].controls[2].heading, "File");
    assert!(read.forms[0].controls[1].checked && !read.forms[0].controls[2].checked);
}

#[test]
fn labels_that_name_their_field_win() {
    let page = "<form>x <label for=a>Name of the file</label> y <input id=a name=f> \
                <label>Server <input name=s></label> z";
    assert_eq!(controls(page), pairs(&[("f", "Name of the file"), ("s", "Server")]));
}

#[test]
fn lists_end_where_something_else_begins() {
    let page = "<form>Protocol <select name=p><option value=t>TFTP<option selected>FTP<input name=s>";
    let read = Page::read(page.as_bytes());
    let list = &read.forms[0].controls[0];
    assert_eq!(list.choices[0], Choice { value: "t".into(), text: "TFTP".into(), selected: false });
    assert_eq!(list.chosen().map(|c| c.value.as_str()), Some("FTP"));
    assert_eq!(read.forms[0].controls[1].name, "s");
}

#[test]
fn frames_refreshes_and_words() {
    let page = "<title>Phone\n 57i</title><meta http-equiv=Refresh content='5; URL=/next.html'>\
                <frameset><frame src=top.html><FRAME SRC='form.html'></frameset>Firmware  Downloading..Please&nbsp;Wait";
    let read = Page::read(page.as_bytes());
    assert_eq!((read.title.as_str(), read.refresh.as_deref()), ("Phone 57i", Some("/next.html")));
    assert_eq!(read.frames, ["top.html", "form.html"]);
    assert_eq!(read.words, "Firmware Downloading..Please Wait");
}

#[test]
fn a_form_behind_a_comment_that_nobody_closed_is_found() {
    let page = "<html><!-- header <form action=/go method=post><input name=f></form>";
    assert_eq!(Page::read(page.as_bytes()).forms[0].controls[0].name, "f");
    let page = "<form action=/go></form><table><tr><td>File<td><input name=f></table>";
    assert_eq!(Page::read(page.as_bytes()).forms[0].controls[0].name, "f", "closed before its fields");
}

#[test]
fn bytes_that_are_no_utf8_come_back_as_they_were() {
    let page = b"<form><input name=a value='gr\xfc\xdf'></form>";
    let read = Page::read(page);
    assert_eq!(read.charset, Charset::Latin1);
    assert_eq!(read.charset.encode(&read.forms[0].controls[0].value), b"gr\xfc\xdf");
}

#[test]
fn an_endless_page_stays_small() {
    let page = "<form><select name=x>".to_owned() + &"<option>y".repeat(100_000) + &"<input name=z>".repeat(100_000);
    let read = Page::read(page.as_bytes());
    assert!(read.cut);
    assert!(read.forms[0].controls.len() <= Page::CONTROLS);
    assert!(read.forms[0].controls[0].choices.len() <= Page::CONTROLS);
    let read = Page::read("<form>x".repeat(100_000).as_bytes());
    assert!(read.cut && read.forms.len() <= Page::FORMS && read.words.len() <= Page::WORDS);
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Page::read(&bytes);
    }

    #[test]
    fn no_tags_make_it_fail(parts in proptest::collection::vec(
        prop_oneof![
            Just("<form action=/x method=post>"), Just("</form>"), Just("<input name=a>"), Just("<select name=s>"),
            Just("<option>"), Just("</select>"), Just("<label for=a>"), Just("<label>"), Just("</label>"),
            Just("<textarea name=t>"), Just("<button name=b>"), Just("<tr>"), Just("<td>"), Just("words"),
            Just("<script>"), Just("<!--"), Just("-->"), Just("<input type=radio name=r>"), Just("<title>"),
        ], 0..60)) {
        let page = Page::read(parts.concat().as_bytes());
        prop_assert!(page.forms.len() <= Page::FORMS);
    }
}
