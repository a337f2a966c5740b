"""How writes are sent: once each although answers are lost, and in waves."""
