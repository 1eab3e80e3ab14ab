"""CloudFormation: what is provisioned, as templates, and the stacks made of them."""
