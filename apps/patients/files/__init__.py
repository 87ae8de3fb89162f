"""The register from and to a file: what its columns are, importing, exporting."""
