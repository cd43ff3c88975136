//! A plain table: columns as wide as they need to be, numbers to the right.

/// A table being filled.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// One with these column titles.
    pub(crate) fn new(titles: impl IntoIterator<Item = String>) -> Table {
        Table { rows: vec![titles.into_iter().collect()] }
    }

    /// Adds a row; missing cells stay empty.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as text, one line a row: the first column to the left, the others to the right.
    pub(crate) fn show(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &Vec<String>, i: usize| row.get(i).cloned().unwrap_or_default();
        let widths: Vec<usize> =
            (0..columns).map(|i| self.rows.iter().map(|row| cell(row, i).chars().count()).max().unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (i, width) in widths.iter().enumerate() {
                let cell = cell(row, i);
                let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
                line += &if i == 0 { format!("  {cell}{pad}") } else { format!("  {pad}{cell}") };
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// A number with this many digits behind the point; nothing measured is a dash.
pub(crate) fn number(value: f64, digits: usize) -> String {
    if value.is_finite() { format!("{value:.digits$}") } else { "–".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(["server", "× dnsmasq", "MB/s"].map(str::to_owned));
        table.row(["dnsmasq", "1.00", "9.5"].map(str::to_owned));
        table.row(["a", "12.25"].map(str::to_owned));
        assert_eq!(table.show(), "  server   × dnsmasq  MB/s\n  dnsmasq       1.00   9.5\n  a            12.25\n");
    }

    #[test]
    fn numbers() {
        assert_eq!(number(1.005, 1), "1.0");
        assert_eq!(number(f64::NAN, 1), "–");
    }
}
