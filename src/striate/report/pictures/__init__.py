"""Pictures: inputs and maps brought to what a page can show, and sheets of them on disk."""
