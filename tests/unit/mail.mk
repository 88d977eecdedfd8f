# Unit tests of mail.
