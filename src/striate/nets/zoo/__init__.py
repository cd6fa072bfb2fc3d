"""The zoos of timm, torchvision and the Hugging Face Hub: what they state, what they cost, how they are fetched."""
