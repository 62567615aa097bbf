"""The networks that more than one chapter uses. Each is taught where its docstring says."""

from helpers.models.article_cnn import ArticleCNN, PoolFirstCNN
from helpers.models.transformer import Decoder, Encoder, EncoderDecoder
