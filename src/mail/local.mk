# Sources of mail.
