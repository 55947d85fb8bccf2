"""What makes files of the checkout from the package: catalogues of messages, and pages of the documentation."""
