"""What is done with the safety copies of the dial-in stores."""
