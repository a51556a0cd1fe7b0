"""The character model of ADBench: a stack of diagonal LSTM layers and its loss on a sequence."""

import numpy as np

from dualdiff.problems.problem import FloatArray

SOURCE = (
    "F. Srajer, Z. Kukelova, A. Fitzgibbon (2018), A benchmark of selected algorithmic differentiation tools "
    "on some problems in computer vision and machine learning; microsoft/ADBench, problem LSTM"
)


def sigmoid(a: FloatArray) -> FloatArray:
    """Return ``1 / (1 + exp(-a))``.

    Examples
    --------
    >>> sigmoid(np.array([0.0])).tolist()
    [0.5]
    """
    return 1.0 / (1.0 + np.exp(-a))


def lstm_loss(main: FloatArray, extra: FloatArray, state: FloatArray, sequence: FloatArray) -> float:
    """Return the mean negative log likelihood of each character of ``sequence`` given those before, a scalar.

    With ``b`` bits a character and ``l`` layers, ``main`` has shape ``(2 l, 4 b)``: for each layer a row of
    weights and one of biases, of the forget, input, output and change gates. ``extra`` has shape ``(3, b)``:
    input weights, output weights, output biases. ``state`` has shape ``(2 l, b)``: for each layer the hidden
    state and the cell at the start. ``sequence`` has one character a row.

    Examples
    --------
    >>> zeros = np.zeros
    >>> float(lstm_loss(zeros((2, 8)), zeros((3, 2)), zeros((2, 2)), np.ones((3, 2))).round(12))  # log(2 + 1 + 1)
    1.38629436112
    """
    layers = len(main) // 2
    bits = sequence.shape[1]
    gates = main.reshape(layers, 2, 4, bits)
    state = state.copy()
    hidden = state[0::2]
    cell = state[1::2]
    total: float = 0.0
    for t in range(len(sequence) - 1):
        signal = sequence[t] * extra[0]
        for i in range(layers):
            weight, bias = gates[i]
            forget = sigmoid(signal * weight[0] + bias[0])
            ingate = sigmoid(hidden[i] * weight[1] + bias[1])
            outgate = sigmoid(signal * weight[2] + bias[2])
            change = np.tanh(hidden[i] * weight[3] + bias[3])
            cell[i] = cell[i] * forget + ingate * change
            hidden[i] = outgate * np.tanh(cell[i])
            signal = hidden[i]
        prediction = signal * extra[1] + extra[2]
        total += sequence[t + 1] @ (prediction - np.log(2.0 + np.exp(prediction).sum()))
    loss: float = -total / (bits * (len(sequence) - 1))
    return loss
