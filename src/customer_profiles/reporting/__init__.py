"""From guarded results to pages, workbook and findings.json."""
