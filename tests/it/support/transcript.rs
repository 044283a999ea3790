//! Transcripts in documents, which are what the gateway says: made by running it, and compared. With `WRITE_DOCS` set they are
//! written anew instead.

const END: &str = "```\n<!-- end of transcript -->";

/// Holds the transcript that the test file `made_by` makes to what stands in a document.
#[expect(clippy::disallowed_methods, reason = "whether a test writes is no setting of the gateway")]
pub fn hold_transcript(document: &str, made_by: &str, made: &str) {
    let begin = format!("<!-- transcript: made by {made_by} -->\n```text\n");
    let text = std::fs::read_to_string(document).unwrap();
    let (before, rest) = text.split_once(&begin).expect("the transcript has a place");
    let (written, after) = rest.split_once(END).expect("the transcript has an end");
    if std::env::var("WRITE_DOCS").is_ok() {
        std::fs::write(document, format!("{before}{begin}{made}{END}{after}")).unwrap();
        return;
    }
    for (written, made) in written.lines().zip(made.lines()) {
        assert_eq!(written, made, "run it with WRITE_DOCS=1 and read what changed");
    }
    assert_eq!(written.lines().count(), made.lines().count());
}
