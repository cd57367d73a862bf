"""From the expected signal of a slice to what the microscope's file holds."""
