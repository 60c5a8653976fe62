"""What scripts/audit is made of. Knows the documents and no code of ours."""
