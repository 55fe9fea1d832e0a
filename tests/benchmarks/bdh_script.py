"""Run by a Python that has torch, not by cogmem's: steps and speech of the official BDH.

Its one argument is the folder of a checkout of pathwaycom/bdh, as first published (`forward` gives
logits and loss). Two threads, or as many as cores if there are fewer. Prints the version of torch,
then reads lines and answers each with one: a JSON object is a case to get ready, and "run" does it.
A case has the sizes n_layers, width, n_heads, n_neurons and n_tokens, and either batch and time,
for a training step as in the published script, without dropout; or context and n_new, for so many
tokens that follow so many others.
"""

import json
import os
import sys

import torch


def network(*, n_layers, width, n_heads, n_neurons, n_tokens):
    """The official model of these sizes; it has n_neurons / width as a setting."""
    import bdh

    torch.manual_seed(0)
    sizes = {"n_layer": n_layers, "n_embd": width, "n_head": n_heads, "vocab_size": n_tokens}
    multiplier = n_neurons // width
    return bdh.BDH(bdh.BDHConfig(mlp_internal_dim_multiplier=multiplier, dropout=0.0, **sizes))


def step(*, batch, time, **sizes):
    """Loss, gradients, AdamW: as a function."""
    made = network(**sizes)
    optimiser = torch.optim.AdamW(made.parameters(), lr=1e-3, weight_decay=0.1)
    tokens = torch.randint(sizes["n_tokens"], (batch, time + 1))
    read, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    def run():
        _, loss = made(read, targets)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()

    return run


def generation(*, context, n_new, **sizes):
    """So many tokens more, as a function."""
    made = network(**sizes).eval()
    prompt = torch.randint(sizes["n_tokens"], (1, context))
    return lambda: made.generate(prompt, n_new, top_k=3)


def main(folder):
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch.set_num_threads(min(2, cores))
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed is no answer
    sys.path.insert(0, folder)
    print(torch.__version__, file=answers, flush=True)
    run = None
    for line in sys.stdin:
        if line.strip() == "run":
            run()
        else:
            case = json.loads(line)
            run = step(**case) if "batch" in case else generation(**case)
        print("done", file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
